"""Other forms of a name: the initials of an organisation, a country and its people. A list made here, no gazetteer."""

_PEOPLES = """
sweden swedish swede swedes
spain spanish spaniard spaniards
france french frenchman
poland polish pole poles
denmark danish dane danes
netherlands dutch holland
finland finnish finn finns
turkey turkish turk turks
scotland scottish scot scots
ireland irish irishman
wales welsh welshman
england english
britain british uk brits briton britons
america american americans usa
switzerland swiss
norway norwegian norwegians
greece greek greeks
portugal portuguese
china chinese
japan japanese
thailand thai
iceland icelandic
germany german germans
russia russian russians
italy italian italians
peru peruvian
philippines filipino
czech czechia
brazil brazilian
mexico mexican
egypt egyptian
kenya kenyan
cuba cuban
syria syrian
iraq iraqi
iran iranian
israel israeli
nepal nepalese
chile chilean
korea korean
"""
_AKIN: dict[str, tuple[str, ...]] = {
    word: tuple(line.split()) for line in _PEOPLES.strip().splitlines() for word in line.split()
}
_SMALL = frozenset(("the", "of", "and", "for"))
_FEWEST = 3
"""Words of a name whose initials tell it; two letters stand for too much."""


def akin(part: str) -> tuple[str, ...]:
    """What a country's name and its people's have to do with each other, in lower case: `swedish` has `sweden`."""
    return _AKIN.get(part, ())


def acronyms(name: str) -> tuple[str, ...]:
    """Initials that a name of three words or more may be written by: World Wildlife Fund has WWF."""
    parts = [part for part in name.replace("-", " ").split() if part.lower() not in _SMALL]
    return ("".join(part[0] for part in parts),) if len(parts) >= _FEWEST else ()
