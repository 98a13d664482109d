"""Units as people write them, and the one symbol each stands for. Knows nothing of the numbers before them."""

import re
from decimal import Decimal

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


_DIMENSIONS = (
    "euro dollar pound cent",
    "km cm mm m mile yard foot inch light-year",
    "hectare acre km² m² mile²",
    "km/h mile/h m/s",
    "kg g mg tonne ounce",
    "l ml gallon m³",
    "ms second minute hour day week month year decade century",
    "°C °F degree K",
    "Hz kHz MHz GHz",
    "kB MB GB TB byte bit",
    "W kW MW",
)
_DIMENSION_OF = {unit: line for line in _DIMENSIONS for unit in line.split()}


def dimension(unit: str) -> str:
    """What a canonical unit measures: equal for miles and kilometres, its own for a unit like no other."""
    return _DIMENSION_OF.get(unit, unit)


_BASES = {
    "month": {"month": 1, "year": 12, "decade": 120, "century": 1200},
    "second": {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800},
    "mm": {"mm": 1, "cm": 10, "m": 1000, "km": 10**6},
    "mg": {"mg": 1, "g": 1000, "kg": 10**6, "tonne": 10**9},
    "ml": {"ml": 1, "l": 1000},
}
"""Units that are whole multiples of a smaller one, exactly."""
_BASE_OF = {unit: (base, factor) for base, factors in _BASES.items() for unit, factor in factors.items()}


def in_base(value: str, unit: str | None) -> tuple[Decimal, str] | None:
    """The same in the smallest unit it is a whole multiple of: 3 decades are 360 months, and so are 30 years."""
    if unit not in _BASE_OF:
        return None
    base, factor = _BASE_OF[unit]
    return Decimal(value) * factor, base


def unit_names(unit: str) -> list[str]:
    """All ways to write the unit of a symbol."""
    return [name for name, symbol in _UNITS.items() if symbol == unit]
