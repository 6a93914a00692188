"""Compares the JSON room with Python's json and float() on generated and mutated documents.

    python3 compare-json.py PATH-OF-differential [DOCUMENTS] [SEED]

Whether a document is refused, each string's text, each number's nearest double and nearest float must be the same.
Python's json is made strict first: no NaN, no byte-order mark, no half surrogates, UTF-8 alone.
"""
import json, math, random, struct, subprocess, sys
from fractions import Fraction

LIMIT = Fraction(2) ** 128


def double_bits(value):
    return format(struct.unpack(">Q", struct.pack(">d", value))[0], "x")


def float_bits(text, nearest):
    """The bits of the float nearest to the decimal itself, not to its double."""
    sign = 0x80000000 if text.startswith("-") else 0
    if nearest == 0:
        return format(sign, "x")
    if math.isinf(nearest):
        return format(sign | 0x7F800000, "x")
    magnitude = abs(nearest)
    bits = 0x7F7FFFFF
    if magnitude < 3.4028235e38:
        bits = struct.unpack(">I", struct.pack(">f", magnitude))[0]
    # Python rounds the double: the float next to it may be nearer to the decimal. Only a double half way can differ.
    low = struct.unpack(">Q", struct.pack(">d", magnitude))[0] & 0x1FFFFFFF
    if low != 0x10000000 and 1.2e-38 < magnitude < 3.4e38:
        return format(sign | bits, "x")
    exact = abs(Fraction(text))
    best = None
    for candidate in (bits - 1, bits, bits + 1):
        if candidate < 0:
            continue
        value = LIMIT if candidate >= 0x7F800000 else Fraction(struct.unpack(">f", struct.pack(">I", candidate))[0])
        key = (abs(value - exact), candidate & 1)
        if best is None or key < best[0]:
            best = (key, min(candidate, 0x7F800000))
    return format(sign | best[1], "x")


class Number(str):
    pass


class Refused(Exception):
    pass


def refuse(*_):
    raise Refused()


def text(value):
    try:
        return value.encode("utf-8").hex()
    except UnicodeEncodeError:
        raise Refused()


def describe(value, out):
    if isinstance(value, Number):
        nearest = float(value)
        out.append(double_bits(nearest) + "/" + float_bits(value, nearest))
    elif isinstance(value, str):
        out.append('"' + text(value))
    elif value is None or isinstance(value, bool):
        out.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, tuple):
        out.append("{")
        for key, item in value:
            out.append(text(key) + ":")
            describe(item, out)
            out.append(",")
        out.append("}")
    else:
        out.append("[")
        for item in value:
            describe(item, out)
            out.append(",")
        out.append("]")


def expected(document):
    try:
        value = json.loads(
            document.decode("utf-8"), parse_float=Number, parse_int=Number, parse_constant=refuse,
            object_pairs_hook=tuple)
        out = ["ok "]
        describe(value, out)
        return "".join(out)
    except (Refused, ValueError, RecursionError):
        return "refused"


def number(pick):
    kind = pick.randrange(8)
    if kind == 0:
        return str(pick.randrange(-10**20, 10**20))
    if kind == 1:
        return repr(struct.unpack(">d", pick.randbytes(8))[0]).replace("nan", "0").replace("inf", "1e308")
    if kind == 2:
        return repr(struct.unpack(">f", pick.randbytes(4))[0]).replace("nan", "0").replace("inf", "1e38")
    if kind == 3:
        # Exactly half way between two doubles or floats, and a little beside.
        bits, kind, back = pick.choice(((63, ">d", ">Q"), (31, ">f", ">I")))
        raw = pick.getrandbits(bits)
        first = struct.unpack(kind, struct.pack(back, raw))[0]
        if not math.isfinite(first) or first > 1e300:
            return "0.5"
        second = struct.unpack(kind, struct.pack(back, raw + 1))[0]
        if not math.isfinite(second):
            return "0.5"
        middle = (Fraction(first) + Fraction(second)) / 2
        digits = 0
        while middle.denominator != 1:
            middle *= 10
            digits += 1
        return str(middle.numerator + pick.choice((-1, 0, 0, 1))) + pick.choice(("", "000", "0001"))[:0] + "e-%d" % digits
    if kind == 4:
        digits = "".join(pick.choice("0123456789") for _ in range(pick.randrange(1, 60)))
        return "%s%d.%se%s%d" % (pick.choice(("", "-")), pick.randrange(1000), digits, pick.choice(("", "+", "-")), pick.randrange(400))
    if kind == 5:
        return pick.choice(("0", "-0", "0.0", "1e400", "-1e400", "1e-400", "4.9e-324", "2.2250738585072011e-308", "1e23",
                            "9007199254740993", "3.4028235677973366e38", "3.4028235677973365e38", "7.006492321624085e-46",
                            "7.006492321624086e-46", "1.00000005960464477540", "0.500000029802322387695312500"))
    return "%.*f" % (pick.randrange(12), pick.uniform(-1, 1) * 10 ** pick.randrange(8))


PIECES = ["a", "key", "\\n", '\\"', "\\\\", "\\/", "\\u00e9", "\\uD834\\uDD1E", "\\ud800", "\\u0000", "é", "漢字", "𝄞", "\u2028",
          "\x7f", "0123456789abcdef", " "]


def string(pick):
    return '"' + "".join(pick.choice(PIECES[:8] + PIECES[9:] if pick.random() < 0.98 else PIECES) for _ in range(pick.randrange(6))) + '"'


def value(pick, depth=0):
    kind = pick.randrange(10 if depth < 4 else 6)
    space = pick.choice(("", "", "", " ", "\n\t"))
    if kind < 3:
        return number(pick)
    if kind < 5:
        return string(pick)
    if kind == 5:
        return pick.choice(("true", "false", "null"))
    count = pick.randrange(5)
    if kind < 8:
        return "{" + space + ",".join(space + string(pick) + space + ":" + value(pick, depth + 1) for _ in range(count)) + space + "}"
    return "[" + space + ("," + space).join(value(pick, depth + 1) + space for _ in range(count)) + "]"


def mutate(document, pick):
    document = bytearray(document)
    for _ in range(pick.choice((0, 1, 1, 1, 2, 3))):
        at = pick.randrange(len(document) + 1)
        kind = pick.randrange(5)
        if kind == 0:
            document[at:at] = bytes([pick.choice(b'{}[]",:\\0123456789eE+-.truefalsn \n\t\x00\x1f\x7f\x80\xbf\xc0\xc2\xe0\xed\xf0\xf4\xff/')])
        elif kind == 1:
            del document[at:at + pick.randrange(1, 4)]
        elif kind == 2 and at < len(document):
            document[at] = pick.randrange(256)
        elif kind == 3:
            other = pick.randrange(len(document) + 1)
            document[at:at] = document[other:other + pick.randrange(1, 8)]
        else:
            document[at:at] = pick.choice((b"\\ud800", b"\xef\xbb\xbf", b"NaN", b"Infinity", b"01", b"1.", b"-", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"/**/", b"\\x"))
    return bytes(document)


def main():
    program = sys.argv[1]
    documents = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pick = random.Random(seed)
    peer = subprocess.Popen([program, "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    refused = differences = 0
    for index in range(documents):
        document = mutate(value(pick).encode("utf-8"), pick)
        peer.stdin.write(struct.pack(">I", len(document)) + document)
        peer.stdin.flush()
        answer = peer.stdout.readline().decode().rstrip("\n")
        wanted = expected(document)
        refused += wanted == "refused"
        if not (answer == wanted or wanted == "refused" and answer.startswith("refused")):
            differences += 1
            if differences <= 20:
                print(f"{document!r}\n  here   {answer[:300]}\n  Python {wanted[:300]}")
    print(f"{documents} documents (seed {seed}), {refused} of them refused by both: {differences} differences")
    sys.exit(differences > 0)


main()
