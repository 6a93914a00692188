"""The questions, computed from events in plain Python: what the API's answers are held against."""
from datetime import datetime, timedelta, timezone
from functools import cmp_to_key
import math
from zoneinfo import ZoneInfo

MISSING = None


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def milliseconds(text):
    return round(moment(text).timestamp() * 1000)


def field(event, name):
    """A field's text, or None where it is missing."""
    if not name.startswith("metadata."):
        return event[name]
    value = event["metadata"]
    for key in name.removeprefix("metadata.").split("."):
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if isinstance(value, int) or not value.is_integer() else str(int(value))
    return value if isinstance(value, str) else MISSING


def raw(event, name):
    value = event["metadata"]
    for key in name.removeprefix("metadata.").split("."):
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    return value


def holds(event, condition):
    name, op, wanted = condition["field"], condition["op"], condition.get("value")
    text = lambda value: value if isinstance(value, str) else ("true" if value is True else "false" if value is False else repr(value))
    if op in ("exists", "not exists"):
        if name in ("error", "input", "output"):
            there = event[name] != ""
        elif name.startswith("metadata."):
            there = field(event, name) is not MISSING
        else:
            there = True
        return there == (op == "exists")
    if op in (">", ">=", "<", "<="):
        if name == "created_at":
            have, want = milliseconds(event["created_at"]), milliseconds(wanted)
        elif name == "latency":
            have, want = event["latency"], wanted
        else:
            have, want = raw(event, name), wanted
            if isinstance(have, bool) or not isinstance(have, (int, float)):
                return False
        return {">": have > want, ">=": have >= want, "<": have < want, "<=": have <= want}[op]
    if op in ("=", "!=", "in", "not in"):
        values = wanted if op in ("in", "not in") else [wanted]
        if name == "latency":
            found = event["latency"] in values
        elif name == "created_at":
            found = milliseconds(event["created_at"]) in [milliseconds(value) for value in values]
        else:
            found = field(event, name) in [text(value) for value in values]
        return found == (op in ("=", "in"))
    have = field(event, name)
    if have is MISSING:
        return False
    return wanted in have if op == "contains" else have.startswith(wanted)


def matches(event, matcher):
    names = matcher.get("event_name")
    if names is not None and event["event_name"] not in ([names] if isinstance(names, str) else names):
        return False
    return all(holds(event, condition) for condition in matcher.get("filters", []))


def kept(events, question):
    first, end = milliseconds(question["from"]), milliseconds(question["to"])
    return sorted(
        (event for event in events if first <= milliseconds(event["created_at"]) < end
         and all(holds(event, condition) for condition in question.get("filters", []))),
        key=lambda event: (milliseconds(event["created_at"]), event["id"]))


def percentile(values, share):
    values = sorted(values)
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def starts(question):
    """The beginnings of the intervals, as aware local times."""
    zone = ZoneInfo(question.get("timezone", "UTC"))
    interval = question.get("interval", "day")
    first, end = moment(question["from"]), moment(question["to"])
    if interval == "none":
        return [first.astimezone(zone)]
    found = []
    if interval in ("minute", "hour"):
        # Step by step through UTC; a beginning is wherever the local minute or hour (with its fold) differs from before.
        unit = (lambda local: (local.date(), local.hour, local.minute, local.utcoffset())) if interval == "minute" else (
            lambda local: (local.date(), local.hour, local.utcoffset()))
        at = (first - timedelta(hours=1)).replace(second=0, microsecond=0).astimezone(timezone.utc)
        before, begun = None, None
        while at < end:
            local = at.astimezone(zone)
            if before is not None and unit(local) != before:
                if at <= first:
                    begun = local
                else:
                    found.append(local)
            before = unit(local)
            at += timedelta(minutes=1)
        return [begun] + found
    day = first.astimezone(zone).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    if interval == "month":
        day = day.replace(day=1)
    while True:
        local = datetime(day.year, day.month, day.day, tzinfo=zone)
        # A midnight that the clock skips is the first moment after it.
        local = local.astimezone(timezone.utc).astimezone(zone)
        if local >= end:
            return found
        found.append(local)
        if interval == "month":
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            day += timedelta(days=7 if interval == "week" else 1)


def place(beginnings, event):
    at = moment(event["created_at"])
    return max(index for index, start in enumerate(beginnings) if start <= at)


def ranked(groups, size, top):
    """The keys of the first groups: by size descending, then by the key's bytes, null last; and those of the rest."""
    def compare(one, other):
        if size(one) != size(other):
            return -1 if size(one) > size(other) else 1
        for mine, theirs in zip(one, other):
            mine, theirs = [(text is None, (text or "").encode()) for text in (mine, theirs)]
            if mine != theirs:
                return -1 if mine < theirs else 1
        return 0
    keys = sorted(groups, key=cmp_to_key(compare))
    return keys[:top], keys[top:]


def measured(events, question):
    actor = question.get("actor", "conversation_id")
    latencies = [event["latency"] for event in events]
    there = bool(events)
    return {
        "count": len(events),
        "actors": len({field(event, actor) for event in events} - {MISSING}),
        "error_rate": sum(event["error"] != "" for event in events) / len(events) if there else None,
        "latency_avg": math.fsum(latencies) / len(latencies) if there else None,
        "latency_p50": percentile(latencies, 0.5) if there else None,
        "latency_p95": percentile(latencies, 0.95) if there else None,
        "latency_p99": percentile(latencies, 0.99) if there else None,
    }


def segmentation(events, question):
    events = kept(events, question)
    measures = question.get("measures", ["count"])
    breakdown = question.get("breakdown", [])
    beginnings = starts(question)
    groups = {}
    for event in events:
        groups.setdefault(tuple(field(event, name) for name in breakdown), []).append(event)
    if not breakdown:
        groups.setdefault((), [])
    first, rest = ranked(groups, lambda key: measured(groups[key], question)[measures[0]], question.get("top", 10))
    answers = [({"key": list(key)}, groups[key]) for key in first]
    if rest:
        answers.append(({"key": [], "other": True}, [event for key in rest for event in groups[key]]))
    def figures(events):
        return {name: value for name, value in measured(events, question).items() if name in measures}
    for answer, members in answers:
        parts = [[] for _ in beginnings]
        for event in members:
            parts[place(beginnings, event)].append(event)
        answer["total"] = figures(members)
        answer["series"] = {name: [figures(part)[name] for part in parts] for name in measures}
    return {"times": [start.isoformat() for start in beginnings], "groups": [answer for answer, _ in answers]}


def by_actor(events, question):
    actor = question.get("actor", "conversation_id")
    found = {}
    for event in events:
        name = field(event, actor)
        if name is not MISSING:
            found.setdefault(name, []).append(event)
    return found


def at(event):
    return milliseconds(event["created_at"])


def walk(events, question):
    """The events of the beginning that comes furthest, the earliest of several."""
    steps, window = question["steps"], question.get("window_ms", 86_400_000)
    best = []
    for start, first in enumerate(events):
        if not matches(first, steps[0]):
            continue
        chain, place = [first], start
        for step in steps[1:]:
            if question.get("order") == "strict":
                later = [place + 1] if place + 1 < len(events) and matches(events[place + 1], step) else []
            else:
                later = [index for index in range(place + 1, len(events)) if matches(events[index], step)]
            if not later or at(events[later[0]]) - at(first) > window:
                break
            place = later[0]
            chain.append(events[place])
        if len(chain) > len(best):
            best = chain
    return best


def counted(chains, steps):
    rows = []
    first = len(chains)
    before = first
    for index in range(steps):
        reached = [chain for chain in chains if len(chain) > index]
        rows.append({
            "actors": len(reached),
            "from_previous": None if index == 0 or before == 0 else len(reached) / before,
            "from_first": None if first == 0 else len(reached) / first,
            "median_ms_from_previous": None if index == 0 or not reached
            else percentile([at(chain[index]) - at(chain[index - 1]) for chain in reached], 0.5),
        })
        before = len(reached)
    return rows


def funnel(events, question):
    chains = {actor: walk(theirs, question) for actor, theirs in by_actor(kept(events, question), question).items()}
    chains = {actor: chain for actor, chain in chains.items() if chain}
    size = len(question["steps"])
    answer = {"steps": counted(list(chains.values()), size), "groups": []}
    if "breakdown" in question:
        groups = {}
        for chain in chains.values():
            groups.setdefault((field(chain[0], question["breakdown"]),), []).append(chain)
        first, rest = ranked(groups, lambda key: len(groups[key]), question.get("top", 10))
        answer["groups"] = [{"key": list(key), "steps": counted(groups[key], size)} for key in first]
        if rest:
            answer["groups"].append(
                {"key": [], "other": True, "steps": counted([chain for key in rest for chain in groups[key]], size)})
    if "actors_at" in question:
        step = question["actors_at"]
        answer["actors"] = sorted(
            (actor for actor, chain in chains.items()
             if (len(chain) == step if question.get("dropped") else len(chain) >= step)), key=str.encode)[:1000]
    return answer


def retention(events, question):
    beginnings = starts(question)
    end = moment(question["to"])
    further = starts({**question, "to": (end + timedelta(milliseconds=1)).isoformat()})
    ended = sum(start <= min(end, datetime.now(timezone.utc)) for start in further[1:])
    periods = question.get("periods", 7)
    cohorts = {}
    for theirs in by_actor(kept(events, question), question).values():
        begun = set()
        for index, event in enumerate(theirs):
            if not matches(event, question.get("start", {})):
                continue
            cohort = place(beginnings, event)
            if cohort in begun or begun and question.get("mode", "first") == "first":
                continue
            begun.add(cohort)
            size, retained = cohorts.setdefault(cohort, (set(), [set() for _ in range(periods)]))
            name = id(theirs)
            size.add(name)
            for later in theirs[index + 1:]:
                period = place(beginnings, later) - cohort
                if period < periods and matches(later, question.get("return", {})):
                    retained[period].add(name)
    return [{"cohort": beginnings[cohort].isoformat(), "size": len(size),
             "retained": [len(names) if cohort + period < ended else None for period, names in enumerate(retained)]}
            for cohort, (size, retained) in sorted(cohorts.items())]


def flows(events, question):
    before, after = question.get("steps_before", 0), question.get("steps_after", 3)
    paths = []
    for theirs in by_actor(kept(events, question), question).values():
        anchors = [index for index, event in enumerate(theirs) if matches(event, question["anchor"])]
        if not anchors:
            continue
        runs, anchor = [], None
        for index, event in enumerate(theirs):
            if not (runs and question.get("merge_repeats", True) and runs[-1] == event["event_name"]):
                runs.append(event["event_name"])
            if index == anchors[0]:
                anchor = len(runs) - 1
        path = {index - anchor: name for index, name in enumerate(runs) if -before <= index - anchor <= after}
        if max(path) < after:
            path[max(path) + 1] = None
        paths.append(path)
    counts = {}
    for path in paths:
        for position, name in path.items():
            counts.setdefault(position, {}).setdefault(name, 0)
            counts[position][name] += 1
    top = question.get("top", 10)
    shown = {}
    for position, names in counts.items():
        order = sorted((name for name in names if name is not None), key=lambda name: (-names[name], name.encode()))
        for place, name in enumerate(order):
            shown[position, name] = name if place < top else "other"
        shown[position, None] = "end"
    nodes, edges = {}, {}
    for path in paths:
        for position, name in path.items():
            key = position, shown[position, name]
            nodes[key] = nodes.get(key, 0) + 1
            if position + 1 in path:
                edge = *key, shown[position + 1, path[position + 1]]
                edges[edge] = edges.get(edge, 0) + 1
    return {"nodes": [{"position": position, "name": name, "count": count} for (position, name), count in nodes.items()],
            "edges": [{"position": position, "from": name, "to": to, "count": count}
                      for (position, name, to), count in edges.items()]}


def similar(events, question):
    name = question["field"] + "_embeddings"
    wanted = question.get("embedding") or next(event[name] for event in events if event["id"] == question["id"])
    found = []
    for event in kept(events, {"from": "1970-01-01T00:00:00Z", "to": "2200-01-01T00:00:00Z", **question}):
        numbers = event[name]
        if len(numbers) != len(wanted) or not any(numbers) or event["id"] == question.get("id"):
            continue
        dot = math.fsum(one * other for one, other in zip(numbers, wanted))
        sizes = math.sqrt(math.fsum(one * one for one in numbers)) * math.sqrt(math.fsum(one * one for one in wanted))
        found.append((1 - dot / sizes, event["id"]))
    return sorted(found)[:question.get("limit", 10)]


def conversations(events, question):
    """The conversations' figures: how many, and of each its length, span, latency and end."""
    names = {event["conversation_id"] for event in kept(events, question)}
    found = []
    for name in names:
        theirs = sorted((event for event in events if event["conversation_id"] == name), key=lambda event: (at(event), event["id"]))
        found.append((len(theirs), at(theirs[-1]) - at(theirs[0]), math.fsum(event["latency"] for event in theirs),
                      (theirs[-1]["event_name"], theirs[-1]["error"] != "")))
    return found
