"""Whether digits are an identity number or a bank card: dates and checksums."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
        91,
    )
)


def is_identity(digits: str) -> bool:
    """Whether 15 or 18 characters are an identity number: province, date and (18) checksum.

    Source: GB 11643-1999, ISO 7064 MOD 11-2.

    >>> is_identity("11010519491231002X"), is_identity("110105194912310021")
    (True, False)
    """
    if digits[:2] not in _PROVINCES:
        return False
    month, day = (
        (digits[10:12], digits[12:14]) if len(digits) == 18 else (digits[8:10], digits[10:12])
    )
    if not ("01" <= month <= "12" and "01" <= day <= "31"):
        return False
    if len(digits) == 15:
        return True
    if not "1850" <= digits[6:10] <= "2099":
        return False
    last = "10X98765432"[sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=False)) % 11]
    return digits[17].upper().replace("×", "X") == last


def is_card(digits: str) -> bool:
    """Whether the digits pass Luhn's test. Source: ISO/IEC 7812-1, annex B.

    >>> is_card("6222021001116245702"), is_card("6222021001116245703")
    (True, False)
    """
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) << (place & 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
