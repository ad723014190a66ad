"""Numbers in names, in bytes that compare as ICU's numeric collation compares them: by value, of any length.

A number is written as a lead byte, which tells how many digits it has (leading zeros do not count), then its digits,
two to a byte. With an odd count the first digit is a part of the lead byte where that is short of room for it, or a
byte of its own. So a number of `n` digits takes at most `n` bytes, and 7 digits take 4.

ICU (CollationIterator::appendNumericCEs) cuts a number after 254 digits, and drops the leading zeros of the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_DIGITS = 254
# Up to so many digits an odd count has nine lead bytes, one for each first digit.
MAX_MERGED = 7
# Up to so many digits a count has a lead byte; longer ones have LONG and a byte with the count.
MAX_SHORT = 22

_LEAD_OF_COUNT = {2: 10, 4: 20, 6: 30, **{count: 32 + count for count in range(8, MAX_SHORT + 1)}}
_LEAD_OF_MERGED = {1: 0, 3: 10, 5: 20, 7: 30}
LONG = 55
LEADS = 56  # how many lead bytes numbers need


def lead_table(number_lead: int) -> NDArray[np.uint8]:
    """(256, 10) uint8: the lead byte of a number by its count of digits and its first digit."""
    table = np.full((256, 10), number_lead + LONG, np.uint8)
    for count, offset in _LEAD_OF_COUNT.items():
        table[count] = number_lead + offset
    for count, offset in _LEAD_OF_MERGED.items():
        table[count] = number_lead + offset + np.arange(10)
    return table


def encode_number(digits: str, number_lead: int) -> bytes:
    """The bytes of a run of ASCII digits of any length, from one digit on."""
    encoded = b""
    while digits:
        digits = digits.lstrip("0") or "0"
        encoded += _encode_segment(digits[:MAX_DIGITS], number_lead)
        digits = digits[MAX_DIGITS:]
    return encoded


def _encode_segment(digits: str, number_lead: int) -> bytes:
    count = len(digits)
    if count % 2 and count <= MAX_MERGED:
        out = bytearray((number_lead + _LEAD_OF_MERGED[count] + int(digits[0]),))
        digits = digits[1:]
    elif count <= MAX_SHORT:
        out = bytearray((number_lead + _LEAD_OF_COUNT[count],))
    else:
        out = bytearray((number_lead + LONG, count))
    if len(digits) % 2:
        out.append(int(digits[0]) + 1)
        digits = digits[1:]
    out += bytes(int(digits[i : i + 2]) + 1 for i in range(0, len(digits), 2))
    return bytes(out)
