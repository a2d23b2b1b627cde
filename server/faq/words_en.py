"""English and Russian words that carry no subject of their own.

Word lists, read once when the lexicon is made.
"""

from __future__ import annotations

FUNCTION = """
a an the of to in on at by for from with and or but if so as is are am was were be been being do
does did has have had it its this that these those there here i we you they he she my your our
their me us them him her any some every all also too just only please thanks thank hello hi hey ok
okay well um uh er oh yeah can could would will shall may might should must need dont doesnt isnt
arent im youre ive id whats wheres whens theres hows lets not no yes about into out up off per
each than then guys guy sir madam folks still sorry excuse exactly actually really
"""

GENERIC = """
tell know wondering wonder ask asking question info information get offer offers offering provide
provides sell take takes accept accepts have got available_here place shop store clinic office
business restaurant branch company service services today_please possible able want_to_know like
regular standard people person customer customers guest guests kind type sort
"""

KNOWN = """
after before during without except best good bad big small new old long short deep high low hot
cold warm job hiring hire vacancy holiday christmas easter passover purim hanukkah because reason
recommend better cat dog horse bird rabbit wife husband son daughter mother father friend
"""

RUSSIAN = """
а и в во на у к с со о об по за из от до для при что это как же ли ну вы ты я мы он она они вас
вам вами нас нам мне меня ваш ваша ваше ваши у_вас есть можно скажите пожалуйста здравствуйте
привет добрый день подскажите извините хотел хотела узнать бы там тут здесь или мой моя
"""
"""Russian is matched by the owner's own phrases; these words may stand beside them."""

RUSSIAN_ACTIONS = """
записать запишите записаться запись отменить отмените перенести перенесите хочу отправьте пришлите
позвоните соедините оператор жалоба свободно завтра
"""
