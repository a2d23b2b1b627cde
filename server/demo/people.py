"""Who calls the demo garage, and from which numbers.

The numbers ring nobody: after an Israeli mobile prefix no subscriber's number begins with a 1, so
the call-back button of a demo cannot wake a stranger. The foreign ones are of the ranges that the
United States (555-01xx) and Ofcom (07700 900xxx) keep for stories.
"""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = "anonymous"
"""What the carrier sends of a caller who shows no number."""


@dataclass(frozen=True, slots=True)
class Person:
    """One caller."""

    name: str
    phone: str
    car: str


PEOPLE = (
    Person("אבי מזרחי", "+972501734021", "יונדאי i20"),
    Person("רונית לוי", "+972521840317", "מאזדה 3"),
    Person("משה פרץ", "+972541662908", "טויוטה קורולה"),
    Person("יעל ברקוביץ'", "+972501920446", "קיה פיקנטו"),
    Person("סמי חדאד", "+972521377150", "סקודה אוקטביה"),
    Person("אורית כהן-שדה", "+972541208863", "סוזוקי סוויפט"),
    Person("דוד אזולאי", "+972501455672", "פולקסווגן פולו"),
    Person("נטע שפירא", "+972521093384", "סיאט איביזה"),
    Person("ויקטור קוגן", "+972541780925", "מיצובישי אאוטלנדר"),
    Person("לינא עבאס", "+972501316749", "טויוטה יאריס"),
    Person("גיא בן-דוד", "+972521648203", "פורד פוקוס"),
    Person("מרים אוחנה", "+972541531490", "יונדאי טוסון"),
    Person("עומר דגן", "+972501087536", "סובארו XV"),
    Person("תמר רוזנברג", "+972521912268", "רנו קליאו"),
    Person("חיים סויסה", "+972541374081", "שברולט ספארק"),
    Person("שירה אלמוג", "+972501603957", "הונדה ג'אז"),
    Person("בוריס לבין", "+972521256814", "אופל קורסה"),
    Person("הילה נחום", "+972541899342", "ניסאן מיקרה"),
    Person("יוסף אבו-רביע", "+972501742690", "טויוטה היילקס"),
    Person("מיכל גולדשטיין-אברהמי", "+972521530178", "קיה נירו"),
)
VISITORS = (
    Person("Emma Clarke", "+447700900431", "Volkswagen Golf"),
    Person("Daniel Ross", "+12125550142", "Mazda CX-5"),
    Person("Olivia Hart", "+972541125507", "Toyota Yaris"),
)
CARS = tuple(person.car for person in PEOPLE)
