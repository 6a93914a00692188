"""Compares the request parser with httptools (llhttp) and h11 on generated and damaged requests.

    python3 compare-http.py PATH-OF-differential [CASES] [SEED]

Each case may hold several requests; it is fed to ours whole, split at every byte, and byte by byte. What ours takes as a
request must be the same request to the other two: method, target, headers, body, and whether the connection goes on.
Where ours refuses, it may be the only one: those choices are listed with how often they were met. Where another one
refuses what ours takes, the reason must be known (KNOWN below), or it counts as a difference.
"""
import collections, random, struct, subprocess, sys

import h11
import httptools

# What the others refuse and RFC 9112 allows, by what they say.
KNOWN = {
    "httptools": {
        "Invalid method encountered": "methods that llhttp does not list",
        "Expected space after method": "methods that llhttp does not list",
        "Expected HTTP/": "methods that llhttp knows from other protocols alone",
        "Expected SOURCE method for ICE/x.x request": "methods that llhttp knows from other protocols alone",
        "Invalid HTTP version": "minor versions above 1, which RFC 9110 (2.5) has treated as 1.1",
        "Unexpected start char in url": "targets such as /%zz are the router's to judge",
        "Invalid characters in url": "visible ASCII that llhttp leaves out of targets",
        "Invalid character in chunk extensions": "chunk extensions are passed over, whatever visible text they hold",
        "Invalid character in chunk extensions name": "chunk extensions are passed over, whatever visible text they hold",
        "Invalid character in chunk extensions value": "chunk extensions are passed over, whatever visible text they hold",
        "Invalid character in chunk extensions quoted value": "chunk extensions are passed over",
        "Invalid character in chunk extensions quote value": "chunk extensions are passed over",
        "Content-Length overflow": "lengths past 64 bits are the server's to refuse with 413",
    },
    "h11": {
        "no request line received": "an empty line before a request, which RFC 9112 (2.2) has passed over",
        "illegal chunk header": "chunk extensions are passed over, whatever visible text they hold",
        "illegal request line": "visible ASCII that h11 leaves out",
        "bad Content-Length": "lengths of more than 20 digits are the server's to refuse with 413",
    },
}


def split_target(target):
    lower = target.lower()
    for scheme in (b"http://", b"https://"):
        if lower.startswith(scheme):
            rest = target[len(scheme):]
            cut = min([i for i in (rest.find(b"/"), rest.find(b"?")) if i >= 0] or [len(rest)])
            target = rest[cut:]
    path, _, query = target.partition(b"?")
    return path.hex() + "?" + query.hex()


def line(method, target, headers, keep, body):
    fields = "".join(n.lower().hex() + "=" + v.strip(b" \t").lower().hex() + "," for n, v in headers)
    return f"{method} {split_target(target)} {fields} {body.hex()}", keep


class Collect:
    def __init__(self):
        self.done = []
        self.closed = False
        self.reset()

    def reset(self):
        self.url, self.headers, self.body, self.complete = b"", [], b"", False

    def on_message_begin(self):
        self.reset()

    def on_url(self, url):
        self.url += url

    def on_header(self, name, value):
        # Behind the last chunk these are trailers.
        if not self.complete:
            self.headers.append((name, value))

    def on_headers_complete(self):
        self.complete = True

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        parser = self.parser
        self.done.append(line(parser.get_method().decode(), self.url, self.headers, parser.should_keep_alive(), self.body))


def by_httptools(data):
    collect = Collect()
    collect.parser = httptools.HttpRequestParser(collect)
    try:
        collect.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return collect.done, "upgrade"
    except httptools.HttpParserError as error:
        return collect.done, str(error)
    return collect.done, None


def by_h11(data):
    connection = h11.Connection(h11.SERVER)
    done, request, body = [], None, b""
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED):
                return done, None
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                if request.method == b"CONNECT":
                    return done, "upgrade"
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                keep = connection.our_state is h11.DONE
                done.append(line(request.method.decode(), request.target, request.headers, keep, body))
                if not keep:
                    return done, None
                connection.start_next_cycle()
            else:
                return done, None
    except h11.RemoteProtocolError as error:
        return done, str(error)


def by_ours(peer, data):
    peer.stdin.write(struct.pack(">I", len(data)) + data)
    peer.stdin.flush()
    answer = peer.stdout.readline().decode().rstrip("\n")
    *done, end = answer.split("\t")
    out = []
    for text in done:
        if text == "partial body":
            continue
        method, target, version, rest = text.split(" ", 3)
        fields, keep, body = rest.rsplit(" ", 2)
        fields = "".join(
            bytes.fromhex(f.partition("=")[0]).lower().hex() + "=" + bytes.fromhex(f.partition("=")[2]).lower().hex() + "," for f in fields.split(",") if f)
        out.append((f"{method} {target} {fields} {body}", keep == "keep", version))
    return out, end


METHODS = [b"GET"] * 6 + [b"POST"] * 6 + [b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"TRACE", b"BREW", b"get", b"G@T", b"M-SEARCH"]
TARGETS = [b"/", b"/ping", b"/a/b?c=d&e", b"/%20?x=%zz", b"*", b"http://h/x", b"http://h", b"https://h:1?q", b"/a?b?c", b"/a#b", b"a", b"/\xc3\xa9",
           b"//x", b"/?", b"http:///x", b"h:80", b"/a b", b"/\x7f", b"/a\tb", b"/a|b^c`d\"<>\\{}"]
VERSIONS = [b"HTTP/1.1"] * 12 + [b"HTTP/1.0"] * 3 + [b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.11", b"HTTP/11", b"HTTP/1,1", b"", b"HTTP/1.1 "]
HEADERS = [b"Accept: */*", b"X: 1", b"x-y:2 ", b"X-Empty:", b"X: a\tb", b"Connection: close", b"Connection: keep-alive", b"Connection: Close, x", b"connection: keep-alive, te",
           b"Expect: 100-continue", b"X: \xe9", b"Cookie: a=b; c=\"d\"", b"X-Long: " + b"v" * 40]
ODD = [b"X : 1", b" X: 1", b"X: a\r\n b", b"X: a\x00b", b"X: a\rb", b"X\x00: 1", b": 1", b"X", b"Host: two", b"Host: a,b", b"Host: a b", b"Host:", b"Host: u@h", b"X: a\x7fb", b"X: a\x01",
       b"(X): 1", b"X\xe9: 1", b"\tX: 1", b"X: a\n", b"X: a\nY: b", b"Connection: close\x0b", b"Connection : close"]
LENGTHS = [b"5", b"5", b"5", b"0", b"05", b"+5", b"-5", b"5 ", b"5,5", b"5, 6", b"0x5", b"5a", b"", b"99999999999999999999", b"5\t", b"5 5", b"1_0", b"18446744073709551621", b"\xb25"]
CODINGS = [b"chunked"] * 4 + [b"Chunked", b"CHUNKED", b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b" chunked ", b"\x0bchunked", b"chunked\x0b", b"xchunked",
           b"chunked;a=b", b"chunked,", b",chunked", b"", b"\"chunked\"", b"cow"]
CHUNKS = [b"5\r\nhello\r\n", b"5\r\nhello\r\n", b"1\r\n\n\r\n", b"5;a=b\r\nhello\r\n", b"5;a=\"b c\"\r\nhello\r\n", b"05\r\nhello\r\n", b"A\r\n0123456789\r\n", b"a\r\n0123456789\r\n", b"0005\r\nhello\r\n"]
ODD_CHUNKS = [b"5 \r\nhello\r\n", b" 5\r\nhello\r\n", b"0x5\r\nhello\r\n", b"+5\r\nhello\r\n", b"5\nhello\r\n", b"5\r\nhello\n", b"5\r\nhellox\r\n", b"5\r\nhell\r\n", b"\r\nhello\r\n", b"g\r\nhello\r\n",
              b"-1\r\n\r\n", b"5;\r\nhello\r\n", b"5;a\rb\r\nhello\r\n", b"5;a\nb\r\nhello\r\n", b"10000000000000005\r\nhello\r\n", b"5 ;a=b\r\nhello\r\n", b"5\t\r\nhello\r\n", b"5\r\nhello\r\r\n", b"5;\x00\r\nhello\r\n"]
ENDS = [b"0\r\n\r\n"] * 6 + [b"0\r\nT: 1\r\n\r\n", b"00\r\n\r\n", b"0;x\r\n\r\n", b"0\r\n", b"0\r\nT : 1\r\n\r\n", b"0\n\n", b"0\r\n\n", b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"]


def request(pick):
    usual = pick.random() < 0.6
    method = pick.choice(METHODS[:12] if usual else METHODS)
    target = pick.choice(TARGETS[:4] if usual else TARGETS)
    version = pick.choice(VERSIONS[:15] if usual else VERSIONS)
    lines = [method + b" " + target + b" " + version]
    if pick.random() < 0.95:
        lines.append(b"Host: " + pick.choice((b"a", b"a:80", b"[::1]:80")))
    for _ in range(pick.randrange(4)):
        lines.append(pick.choice(HEADERS))
    if not usual and pick.random() < 0.5:
        lines.append(pick.choice(ODD))
    body = b""
    kind = pick.randrange(6)
    if kind == 0 or kind == 1:
        lines.append(pick.choice((b"Content-Length: ", b"content-length:", b"Content-Length:\t")) + (b"5" if usual else pick.choice(LENGTHS)))
        body = b"hello"
    if kind == 2 or kind == 3 or kind == 1 and not usual and pick.random() < 0.2:
        lines.append(b"Transfer-Encoding: " + (b"chunked" if usual else pick.choice(CODINGS)))
        body = b"".join(pick.choice(CHUNKS if usual or pick.random() < 0.8 else ODD_CHUNKS) for _ in range(pick.randrange(3)))
        body += pick.choice(ENDS[:6] if usual else ENDS)
    if not usual and pick.random() < 0.05:
        lines.append(pick.choice((b"Content-Length: 5", b"Content-Length: 6", b"Transfer-Encoding: chunked")))
    if pick.random() < 0.3:
        lines[1:] = pick.sample(lines[1:], len(lines) - 1)
    return pick.choice((b"",) * 20 + (b"\r\n", b"\r\n\r\n", b"\n", b" ")) + b"\r\n".join(lines) + b"\r\n\r\n" + body


def mutate(data, pick):
    data = bytearray(data)
    for _ in range(pick.choice((0, 0, 0, 1, 1, 2))):
        at = pick.randrange(len(data) + 1)
        kind = pick.randrange(4)
        if kind == 0:
            data[at:at] = pick.choice((b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\x00", b"\x7f", b"\xff", b",", b";", b"0", b"\x0b", b"\x0c", b"\x85", b"\xa0"))
        elif kind == 1:
            del data[at:at + pick.randrange(1, 3)]
        elif kind == 2 and at < len(data):
            data[at] = pick.randrange(256)
        else:
            other = pick.randrange(len(data) + 1)
            data[at:at] = data[other:other + pick.randrange(1, 30)]
    return bytes(data)


def main():
    program = sys.argv[1]
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pick = random.Random(seed)
    peer = subprocess.Popen([program, "http"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stricter, looser = collections.Counter(), collections.Counter()
    same = differences = requests = 0

    def differ(what, data, *more):
        nonlocal differences
        differences += 1
        if differences <= 25:
            print(what, repr(data), *more, sep="\n  ")

    def compare():
        nonlocal same, requests
        data = mutate(b"".join(request(pick) for _ in range(pick.choice((1, 1, 2, 3)))), pick)
        ours, end = by_ours(peer, data)
        requests += len(ours)
        if "differs" in end:
            differ("ours differs by how it is fed", data, end[:500])
            return
        agreed = True
        for name, parse in (("httptools", by_httptools), ("h11", by_h11)):
            theirs, refusal = parse(data)
            if refusal == "upgrade":
                continue
            for place, mine in enumerate(ours):
                if place >= len(theirs):
                    agreed = False
                    known = next((why for text, why in KNOWN[name].items() if refusal and refusal.startswith(text)), None)
                    if known:
                        looser[name, known] += 1
                    else:
                        differ(f"{name} refuses what ours takes: {refusal}", data, mine, theirs, end)
                    break
                if mine[0] != theirs[place][0]:
                    agreed = False
                    differ(f"{name} reads another request", data, mine, theirs[place])
                    break
                if mine[1] != theirs[place][1]:
                    agreed = False
                    if name == "h11" and mine[1] and mine[2] == "1.0":
                        looser[name, "keep-alive of HTTP/1.0, which h11 does not know"] += 1
                    elif name == "httptools" and not mine[1] and mine[2] == "1.0":
                        stricter["refused a connection of HTTP/1.0 that asks for both close and keep-alive closes"] += 1
                    else:
                        differ(f"{name} decides otherwise on the connection", data, mine, theirs[place])
                    break
            else:
                if len(theirs) > len(ours) and end != "closed":
                    agreed = False
                    if "refused" in end:
                        stricter[end[end.index("refused"):]] += 1
                    else:
                        differ(f"{name} reads more requests", data, ours, theirs, end)
        same += agreed

    done = 0
    try:
        while done < cases:
            compare()
            done += 1
    except KeyboardInterrupt:
        pass
    print(f"{done} cases (seed {seed}), {requests} requests taken, {same} cases the same to all three, {differences} differences")
    for (name, why), count in looser.most_common():
        print(f"  {name} refuses, ours does not: {why} ({count})")
    for why, count in stricter.most_common():
        print(f"  ours alone refuses: {why[8:]} ({count})")
    sys.exit(differences > 0)


main()
