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
