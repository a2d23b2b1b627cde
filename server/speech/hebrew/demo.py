"""Hand-checked phonemes of the demo business's sentences, the garage מוסך הגפן.

Keyed by the exact sentence; ``prepare`` uses them when the whole text matches, so that a first call
without any account sounds as good as this voice can.
"""

from __future__ import annotations

from typing import Final

DEMO_PRONUNCIATIONS: Final[dict[str, str]] = {
    "שלום, הגעתם למוסך הגפן. אני עוזרת אוטומטית. איך אפשר לעזור?": (
        "[[Sal'om]], [[hig'atem lamus'ax hag'efen]]. [[an'i ?oz'eret ?otom'atit]]. "
        "[['ejx ?efS'ar la?az'or]]?"
    ),
    "טיפול שוטף עולה ארבע מאות וחמישים שקלים, כולל שמן ומסנן.": (
        "[[tip'ul Sot'ef ?ol'e ?arb'a me?'ot vexamiS'im Skal'im]], [[kol'el S'emen vemasn'en]]."
    ),
    "אנחנו ברחוב הגפן שתים עשרה, חולון, ליד תחנת הדלק.": (
        "[[an'axnu birx'ov hag'efen St'ejm ?esr'e]], [[xol'on]], [[lej'ad taxan'at had'elek]]."
    ),
    "פתוחים בימים ראשון עד חמישי משמונה עד חמש, ובשישי עד אחת.": (
        "[[ptux'im bejam'im riS'on ?ad xamiS'i miSm'one ?ad xam'eS]], [[uveSiS'i ?ad ?ax'at]]."
    ),
    "יש חניה חינם בחצר המוסך.": "[[j'eS xanaj'a xin'am baxats'ar hamus'ax]].",
    "כן, אפשר לשלם באשראי, במזומן או בביט.": (
        "[[k'en]], [[efS'ar leSal'em be?aSr'aj]], [[bimzum'an ?'o beb'it]]."
    ),
    "טיפול שוטף לוקח בערך שלוש שעות.": "[[tip'ul Sot'ef lok'e?ax be?'erex Sal'oS Sa?'ot]].",
    "לא שמעתי טוב, אפשר לחזור על זה?": "[[l'o Sam'ati t'ov]], [[efS'ar laxz'or ?al z'e]]?",
    "רגע, אני בודקת.": "[[r'ega]], [[an'i bod'eket]].",
    "עוד רגע, תודה על הסבלנות.": "[['od r'ega]], [[tod'a ?al hasavlan'ut]].",
    "אתם עדיין על הקו?": "[[at'em ?ad'ajin ?al hak'av]]?",
    "תודה שהתקשרתם. יום טוב ולהתראות!": ("[[tod'a SehitkaS'artem]]. [[j'om t'ov ulehitra?'ot]]!"),
    "קיבלתי. איך קוראים לכם?": "[[kib'alti]]. [['ejx kor?'im lax'em]]?",
    "תודה. מה מספר הטלפון לחזרה?": "[[tod'a]]. [[m'a misp'ar hat'elefon laxazar'a]]?",
    "רשמתי, נחזור אליכם בהקדם. להתראות!": (
        "[[raS'amti]], [[naxz'or ?alejx'em behekd'em]]. [[lehitra?'ot]]!"
    ),
    "אשמח לקחת הודעה ונחזור אליכם. במה מדובר?": (
        "[[?esm'ax lak'axat hoda?'a venaxz'or ?alejx'em]]. [[bem'e medub'ar]]?"
    ),
    "יש לנו כרגע תקלה קטנה, אבל אני כאן לקחת הודעה.": (
        "[[j'eS l'anu kar'ega takal'a ktan'a]], [[?av'al ?an'i k'an lak'axat hoda?'a]]."
    ),
    "על מה לענות קודם, על המחיר או על השעות?": (
        "[[?al m'a la?an'ot k'odem]], [[?al hamex'ir ?'o ?al haSa?'ot]]?"
    ),
    "אין בעיה, נציג יחזור אליכם בהקדם.": (
        "[['ejn be?aj'a]], [[nats'ig jaxz'or ?alejx'em behekd'em]]."
    ),
    "השיחה עומדת להסתיים, עוד רגע ניפרד.": (
        "[[hasix'a ?om'edet lehistaj'em]], [['od r'ega nipar'ed]]."
    ),
    "השיחה מוקלטת.": "[[hasix'a mukl'etet]].",
}
