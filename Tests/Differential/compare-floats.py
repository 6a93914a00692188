"""Compares how the JSON room rounds decimals to Double, and that to Float, with exact fractions.

    python3 compare-floats.py PATH-OF-differential [NUMBERS] [SEED]

Each number's nearest double, ties to even, is worked out from the decimal itself, and the nearest float from that double. Half
of the numbers are ties or one digit beside one, with up to hundreds of digits; subnormal numbers and the borders to zero and
to the infinities among them.
"""
import random, struct, subprocess, sys
from fractions import Fraction

FORMATS = {"float": (24, -149, 128), "double": (53, -1074, 1024)}


def nearest(exact, kind):
    """The bits of the nearest float, ties to even."""
    precision, lowest, top = FORMATS[kind]
    if exact == 0:
        return 0
    # The exponent of the number's highest bit.
    exponent = exact.numerator.bit_length() - exact.denominator.bit_length()
    if exact < Fraction(2) ** exponent:
        exponent -= 1
    unit = max(exponent - precision + 1, lowest)
    # Python rounds a fraction half way to the even integer.
    mantissa = round(exact / Fraction(2) ** unit)
    # A mantissa that became one bit longer carries into the exponent's bits by itself.
    bits = mantissa if unit == lowest else ((unit - lowest) << (precision - 1)) + mantissa
    return min(bits, (top - lowest - precision + 2) << (precision - 1))


def value(bits, kind):
    precision, lowest, _ = FORMATS[kind]
    power, mantissa = bits >> (precision - 1), bits & (1 << (precision - 1)) - 1
    return Fraction(mantissa) * Fraction(2) ** lowest if power == 0 else \
        Fraction(mantissa | 1 << (precision - 1)) * Fraction(2) ** (power - 1 + lowest)


def decimal(exact, pick):
    """All digits of a fraction whose denominator is a power of two, in one of the ways to write them."""
    places = exact.denominator.bit_length() - 1
    digits = str(exact.numerator * 5 ** places)
    beside = pick.choice(("", "", "", "0", "000", "1", "0" * pick.randrange(300) + "1", "below"))
    if beside == "below":
        digits, beside = str(int(digits) - 1), "9" * pick.randrange(1, 300)
    digits, places = digits + beside, places + len(beside)
    if pick.random() < 0.5 or places > 400:
        move = pick.randrange(len(digits)) if pick.random() < 0.5 else 0
        if move:
            return f"{digits[:-move]}.{digits[-move:]}e{move - places}"
        return f"{digits}e{-places}"
    digits = digits.rjust(places + 1, "0")
    return f"{digits[:len(digits) - places]}.{digits[len(digits) - places:]}" if places else digits


def number(pick):
    kind = pick.choice(("float", "float", "float", "double"))
    precision, lowest, top = FORMATS[kind]
    infinity = (top - lowest - precision + 2) << (precision - 1)
    form = pick.randrange(6)
    if form < 3:
        bits = pick.choice((
            pick.randrange(infinity),  # any
            pick.randrange(1 << (precision - 1)),  # subnormal
            pick.randrange(4), (1 << (precision - 1)) - 1, infinity - 1, infinity - 2,  # borders
            pick.randrange((top - 32) - lowest - precision + 2, top + 32 - lowest - precision + 2 - 64 + 1)
            << (precision - 1) if kind == "double" else 127 << 23 | pick.getrandbits(4),  # powers of two, near 1
        ))
        bits = min(bits, infinity - 1)
        text = decimal((value(bits, kind) + value(bits + 1, kind)) / 2, pick)
    elif form == 3:
        text = repr(struct.unpack(">f", struct.pack(">I", pick.randrange(0x7F800000)))[0])
    elif form == 4:
        digits = "".join(pick.choice("0123456789") for _ in range(pick.choice((3, 12, 25, 400))))
        text = f"{pick.randrange(10)}.{digits}e{pick.randrange(-50, 42)}"
    else:
        text = "%.*f" % (pick.randrange(20), pick.uniform(-1, 1) * 10 ** pick.randrange(4))
    return text if text.startswith("-") else pick.choice(("", "-")) + text


def expected(text):
    exact = Fraction(text)
    negative = text.startswith("-")
    double = nearest(abs(exact), "double")
    # The infinity's bits, read as a number, are past the largest float by far.
    float = nearest(value(double, "double"), "float")
    return "/".join(
        format(bits | (sign if negative else 0), "x") for bits, sign in ((double, 1 << 63), (float, 1 << 31)))


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    assert expected("1.000000059604644775390625").endswith("/3f800000")
    assert expected("1.000000178813934326171875").endswith("/3f800002")
    assert expected(repr(1 + 2 ** -24)).endswith("/3f800000")
    pick = random.Random(seed)
    peer = subprocess.Popen([program, "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    differences = 0
    for _ in range(count):
        text = number(pick)
        document = text.encode()
        peer.stdin.write(struct.pack(">I", len(document)) + document)
        peer.stdin.flush()
        answer, wanted = peer.stdout.readline().decode().rstrip("\n"), "ok " + expected(text)
        if answer != wanted:
            differences += 1
            if differences <= 20:
                print(f"{text}\n  here  {answer}\n  exact {wanted}")
    print(f"{count} numbers (seed {seed}): {differences} differences")
    sys.exit(differences > 0)


main()
