"""What an alert says, in Hebrew and in English."""

from __future__ import annotations

from dataclasses import dataclass

_MATTER_CHARS = 160
_WORDS = {
    "he": {
        "sms": "{business}: נא לחזור אל {who}. {matter}",
        "subject": "נא לחזור אל {who} · {business}",
        "hello": "שלום,",
        "what": "{who} מחכה לשיחה חוזרת מ{business}. {matter}",
        "button": "לפנייה",
        "small": "המייל נשלח כי הכתובת רשומה בהגדרות העסק, תחת ״התראות״.",
        "hidden": "מספר חסוי",
        "transfer_unanswered": "לא ענו כשהשיחה הועברה.",
        "message": "הסוכן הקולי לא יכול היה לסיים את השיחה ולקח הודעה.",
        "test_sms": "{business}: הודעת ניסיון. כך תדעו מיד למי לחזור.",
        "test_subject": "הודעת ניסיון · {business}",
        "test_what": "זו הודעת ניסיון. כך תדעו מיד כשמישהו מחכה לשיחה חוזרת מ{business}.",
        "test_button": "להגדרות",
    },
    "en": {
        "sms": "{business}: please call {who} back. {matter}",
        "subject": "Please call {who} back · {business}",
        "hello": "Hello,",
        "what": "{who} waits for a call from {business}. {matter}",
        "button": "Open the lead",
        "small": "You get this mail because your address stands in the settings of the business, "
        "under Alerts.",
        "hidden": "a hidden number",
        "transfer_unanswered": "Nobody picked up when the call was put through.",
        "message": "The voice agent could not finish the call and took a message.",
        "test_sms": "{business}: a test. This is how you learn at once whom to call back.",
        "test_subject": "A test · {business}",
        "test_what": "This is a test. It is how you learn at once that somebody waits for a call "
        "from {business}.",
        "test_button": "Open the settings",
    },
}


@dataclass(frozen=True, slots=True)
class Alert:
    """Whom to call back, and where the rest stands.

    Attributes:
        business: its name.
        language: ``he`` or ``en``; another one is read as Hebrew.
        url: the lead's page, or the settings' for a test; empty where no address is known.
        is_test: nobody waits, somebody tries this out; the fields below are empty then.
        name: of the caller; may be empty.
        phone: E.164; empty where it was withheld.
        matter: what it is about, in words; may be empty.
        reason: why, by the code in the lead's field ``callback``, or in somebody's words.
    """

    business: str
    language: str
    url: str
    is_test: bool
    name: str = ""
    phone: str = ""
    matter: str = ""
    reason: str = ""

    @property
    def sms(self) -> str:
        """The text of the SMS."""
        words = self._say("test_sms") if self.is_test else self._say("sms")
        return f"{words.strip()}\n{self.url}".strip()

    @property
    def letter(self) -> list[str]:
        """The parts of the mail: subject, greeting, what it says, its button, small print."""
        test = "test_" if self.is_test else ""
        names = (f"{test}subject", "hello", f"{test}what", f"{test}button", "small")
        return [self._say(name) for name in names]

    def _say(self, name: str) -> str:
        return self._words[name].format(
            business=self.business, who=self._who, matter=self._shortened_matter
        )

    @property
    def _words(self) -> dict[str, str]:
        return _WORDS.get(self.language, _WORDS["he"])

    @property
    def _who(self) -> str:
        phone = self.phone or self._words["hidden"]
        return f"{self.name} ({phone})" if self.name else phone

    @property
    def _shortened_matter(self) -> str:
        known = self._words.get(self.reason, "")
        if not known:  # another code, or somebody's words
            known = self.reason if " " in self.reason else self._words["message"]
        said = " ".join((self.matter or known).split())
        return said if len(said) <= _MATTER_CHARS else said[: _MATTER_CHARS - 1] + "…"
