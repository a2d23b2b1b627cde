"""Hebrew text to phonemes for the local test voice.

Undotted Hebrew leaves its vowels out, and espeak-ng does not guess them. These modules do:

    prepare.py        text -> segments the engine can say (the entry point)
    demo.py           hand-checked phonemes of the demo business's sentences
    abbreviations.py  acronyms and short forms -> words
    numbers.py        numbers, prices, hours, dates, phone numbers -> words
    phonemes.py       a sentence's words -> phonemes: lexicon, prefixes, context
    lexicon.py        the common words of phone conversations, with vowels and stress
    pointed.py        words with nikud, read by their points
    guess.py          every other word: a guess at its vowels from its spelling
    mnemonics.py      the phonemes that exist, and how to split a string into them
    alphabet.py       letters, points and marks
"""
