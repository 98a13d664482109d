"""Units as people write them, and the one symbol each stands for. Knows nothing of the numbers before them."""

import re

_UNIT_NAMES = """
% percent|per cent
euro euros|EUR|€
dollar dollars|USD|$
pound pounds|£
cent cents
km kilometre|kilometres|kilometer|kilometers
cm centimetre|centimetres|centimeter|centimeters
mm millimetre|millimetres|millimeter|millimeters
m metre|metres|meter|meters
mile miles
yard yards
foot feet|ft
inch inches
ounce ounces|oz
gallon gallons
hectare hectares|ha
acre acres
km² square kilometres|square kilometers
m² square metres|square meters
mile² square miles
m³ cubic metres|cubic meters
km/h kilometres per hour|kilometers per hour|kph
mile/h miles per hour|mph
m/s metres per second|meters per second|metres each second|metres a second
kg kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes
g gram|grams|gramme|grammes
mg milligram|milligrams
tonne tonnes|ton|tons
l litre|litres|liter|liters
ml millilitre|millilitres|milliliter|milliliters
ms millisecond|milliseconds
second seconds|sec|s
minute minutes|min|mins
hour hours|hr|hrs|h
day days
week weeks
month months
year years
decade decades
century centuries
light-year light-years|light years
°C degrees celsius|degree celsius
°F degrees fahrenheit|degree fahrenheit
degree degrees|°
Hz hertz
kHz kilohertz
MHz megahertz
GHz gigahertz
kB kilobyte|kilobytes|KB
MB megabyte|megabytes
GB gigabyte|gigabytes
TB terabyte|terabytes
W watt|watts
kW kilowatt|kilowatts
MW megawatt|megawatts
V volt|volts
J joule|joules
calorie calories
K kelvin
byte bytes
bit bits
"""
_UNITS = {
    name: line.split(" ", 1)[0]
    for line in _UNIT_NAMES.strip().splitlines()
    for name in (line.split(" ", 1)[0], *line.split(" ", 1)[-1].split("|"))
}
_UNIT = "|".join(re.escape(name) for name in sorted(_UNITS, key=len, reverse=True))
UNIT_AFTER = re.compile(rf"[\s-]?({_UNIT})(?![A-Za-z])", re.IGNORECASE)
"""A unit right after a number."""
UNIT_STARTS = frozenset(name.split(" ")[0].lower() for name in _UNITS)
"""First words of units: what most words after a number are not, so that the long pattern need not be tried."""


def canonical(unit: str) -> str:
    """The symbol of a unit: `kilometres` is `km`."""
    return _UNITS.get(unit) or _UNITS.get(unit.lower()) or unit


def unit_names(unit: str) -> list[str]:
    """All ways to write the unit of a symbol."""
    return [name for name, symbol in _UNITS.items() if symbol == unit]
