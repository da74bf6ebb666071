"""What an audience should hold after a sync of some files, worked out without a line of the program.

Reads {"files": [{"path", "as"}], "columns", "type", "country", "countryColumn", "forms"} from stdin and prints
{"lines", "rows", "empty", "values", "rejected", "duplicates", "members"}. Telephone numbers of plain shapes only:
it knows how many digits numbers of JP, TH, TW and ID have, and no more.
"""

import csv
import gzip
import hashlib
import json
import re
import sys
import unicodedata

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u180e"
CODES = {"JP": ("81", (9, 10)), "TH": ("66", (8, 9, 10, 13)), "TW": ("886", range(7, 12)), "ID": ("62", range(8, 13))}
ISO = {"JPN": "JP", "THA": "TH", "TWN": "TW", "IDN": "ID", **{name: name for name in CODES}}
FORMS = ["e164", "e164-digits", "national"]


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def clean(raw):
    text = unicodedata.normalize("NFKC", raw)
    while True:
        stripped = text.strip().strip(ZERO_WIDTH)
        if stripped == text:
            return text
        text = stripped


def ready_hash(value):
    """A hash, None where the value is none, False where it is a bad one."""
    if re.fullmatch("[0-9a-fA-F]{64}", value):
        return False if value.lower() == sha256("") else value.lower()
    return False if re.fullmatch("[0-9a-fA-F]{32}|[0-9a-fA-F]{40}", value) else None


def email_member(value, _order, _reading):
    if len(value) > 120 or any(not "!" <= character <= "~" for character in value):
        return None
    local, at, domain = value.partition("@")
    if not at or not local or not domain or "@" in domain:
        return None
    labels = domain.split(".")
    is_plain = not set(local) & set('"(),:;<>[]\\') and all(re.fullmatch("[0-9A-Za-z-]+", label) for label in labels)
    return [sha256(value.lower())] if len(labels) > 1 and is_plain else None


def reading_country(row, order):
    """The country in which numbers of the row are read that do not name one."""
    cell = clean(row.get(order.get("countryColumn")) or "").upper()
    return ISO.get(cell) if cell else order.get("country")


def phone_member(value, order, reading):
    if any(unicodedata.category(character).startswith("L") for character in value):
        return None
    if value.startswith("-"):
        return None
    value = re.sub("^([0-9]+)[.]0$", r"\1", value)
    digits = "".join(str(unicodedata.digit(character)) for character in value if character.isdigit())
    if not value.startswith("+") and digits.startswith("00"):
        value, digits = "+" + digits[2:], digits[2:]
    home = order.get("country")
    if value.startswith("+"):
        country = next((name for name, (code, _) in CODES.items() if digits.startswith(code)), None)
        if country is None:
            return None
        national = digits[len(CODES[country][0]):]
        if "(0)" in value:
            national = national[1:]
    else:
        if reading is None:
            return None
        code = CODES[reading][0]
        if not digits.startswith("0") and not digits.startswith(code):
            return None
        country, national = reading, digits[1:] if digits.startswith("0") else digits[len(code):]
    code, lengths = CODES[country]
    if len(national) not in lengths:
        return None
    texts = {"e164": f"+{code}{national}", "e164-digits": f"{code}{national}"}
    if country == home:
        texts["national"] = f"0{national}"
    hashes = [sha256(texts[form]) for form in FORMS if form in order["forms"] and form in texts]
    return hashes or None


def ifa_member(value, _order, _reading):
    digits = value.replace("-", "")
    is_uuid = re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value)
    return [value] if is_uuid and digits != "0" * 32 else None


MEMBER_OF = {"email": email_member, "phone": phone_member, "ifa": ifa_member}


def member_of(value, order, reading):
    """The upload lines of a member, the first of which is its key; None for a reject."""
    if "\n" in value or "\r" in value:
        return None
    found = ready_hash(value) if order["type"] != "ifa" else None
    if found is not None:
        return [found] if found else None
    return MEMBER_OF[order["type"]](value, order, reading)


def rows_of(file):
    if file["as"] == "jsonl":
        with open(file["path"], encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)
        return
    opened = gzip.open if file["as"] == "csv.gz" else open
    with opened(file["path"], "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def expected(order):
    rows = [row for file in order["files"] for row in rows_of(file)]
    counts = {"rows": len(rows), "empty": 0, "values": 0, "rejected": 0}
    members, lines, accepted = set(), set(), 0
    for row in rows:
        for column in order["columns"]:
            cell = row.get(column)
            for element in cell if isinstance(cell, list) else [cell]:
                value = clean(element or "")
                if value == "":
                    counts["empty"] += 1
                    continue
                counts["values"] += 1
                member = member_of(value, order, reading_country(row, order))
                if member is None:
                    counts["rejected"] += 1
                    continue
                accepted += 1
                members.add(member[0])
                lines.update(member)
    return {**counts, "members": len(members), "duplicates": accepted - len(members), "lines": sorted(lines)}


print(json.dumps([expected(order) for order in json.load(sys.stdin)]))
