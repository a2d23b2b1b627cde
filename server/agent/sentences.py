"""The fixed sentences of a call, in each language that has them.

Plural or neutral forms towards the caller; the speaker is a woman, as the default voice is.
"""

from __future__ import annotations

SENTENCES = {
    "he": {
        "hello": "שלום, הגעתם אל {name}. איך אפשר לעזור?",
        "closed": "שלום, הגעתם אל {name}. כרגע אנחנו סגורים. אפשר לשאול אותי, או להשאיר הודעה.",
        "automated": "אני עוזרת אוטומטית.",
        "recorded": "השיחה מוקלטת.",
        "hold_on": "שלום, רגע אחד בבקשה.",
        "filler": "רגע, אני בודקת.",
        "second_filler": "עוד רגע, תודה על הסבלנות.",
        "still_there": "אתם עדיין על הקו?",
        "nearly_over": "השיחה עומדת להסתיים, עוד רגע ניפרד.",
        "transfer": "רגע, אני מעבירה אתכם.",
        "wants_person": "אפשר לדבר עם נציג בבקשה?",
        "sorry": "סליחה, יש לנו תקלה קטנה. אשמח לקחת הודעה ונחזור אליכם. במה מדובר?",
        "ask_matter": "אשמח לקחת הודעה ונחזור אליכם. במה מדובר?",
        "ask_name": "קיבלתי. איך קוראים לכם?",
        "ask_phone": "תודה. מה מספר הטלפון לחזרה?",
        "noted": "רשמתי, נחזור אליכם בהקדם. להתראות!",
        "goodbye": "תודה שהתקשרתם. יום טוב ולהתראות!",
        "not_heard": "לא שמעתי טוב, אפשר לחזור על זה?",
        "leave_message": "יש לנו כרגע תקלה קטנה, אבל אני כאן לקחת הודעה.",
    },
    "en": {
        "hello": "Hello, you have reached {name}. How can I help you?",
        "closed": "Hello, you have reached {name}. We are closed right now. You can ask me, or "
        "leave a message.",
        "automated": "I am an automated assistant.",
        "recorded": "This call is recorded.",
        "hold_on": "Hello, one moment please.",
        "filler": "One moment, let me check.",
        "second_filler": "Just a little longer, thank you for your patience.",
        "still_there": "Are you still on the line?",
        "nearly_over": "This call is about to end, we will have to say goodbye in a moment.",
        "transfer": "One moment, I am putting you through.",
        "wants_person": "Can I talk to a person please?",
        "sorry": "Sorry, we have a small problem. I will gladly take a message, and we will call "
        "you back. What is it about?",
        "ask_matter": "I will gladly take a message. What is it about?",
        "ask_name": "Got it. What is your name?",
        "ask_phone": "Thank you. Which number can we call back?",
        "noted": "I have noted it, we will call you back soon. Goodbye!",
        "goodbye": "Thank you for calling. Have a good day, goodbye!",
        "not_heard": "I did not hear that well. Could you say it again?",
        "leave_message": "We have a small problem right now, but you can leave a message.",
    },
}


def sentences(language: str) -> dict[str, str]:
    """Return the fixed sentences in ``language`` (BCP 47), in English where there are none."""
    return SENTENCES.get(language[:2], SENTENCES["en"])
