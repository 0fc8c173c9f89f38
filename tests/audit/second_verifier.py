"""A second verifier, written from docs/ledger-format.md. It imports nothing of the house.

Slow and plain on purpose: the tree is the recursive definition, bodies are parsed and written
again. `judge` answers "PASS", "FAIL" or "INCOMPLETE" for files given by name.
"""

import base64
import json
import re
import unicodedata
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Key = tuple[str, bytes, bytes]
Streams = dict[str, list[tuple[int, str]]]
LIMIT = 2**53 - 1


class Wrong(Exception):
    """The export is not what it must be."""


def demand(holds: object, why: str) -> None:
    if not holds:
        raise Wrong(why)


def judge(files: dict[str, bytes], keys: list[str], kept: list[str]) -> tuple[str, str]:
    """The verdict, and why."""
    try:
        withheld = check(files, keys, kept)
    except Wrong as problem:
        return "FAIL", str(problem)
    except Exception as fault:
        return "FAIL", repr(fault)
    if withheld or not keys:
        return "INCOMPLETE", "not all was shown, or could be compared" if withheld else "no key"
    return "PASS", ""


def check(files: dict[str, bytes], keys: list[str], kept: list[str]) -> int:
    manifest = strict_json(files["manifest.json"][:-1])
    demand(files["manifest.json"].endswith(b"\n"), "manifest newline")
    if not isinstance(manifest, dict):
        raise Wrong("manifest")
    demand(set(manifest) == {"bundle", "log", "notes", "size", "v"}, "manifest members")
    demand(manifest["bundle"] == 4096 and manifest["v"] == 1, "manifest version")
    log, size = manifest["log"], manifest["size"]
    demand(type(size) is int and size >= 0, "size")
    sizes = [note[0] for note in manifest["notes"]]
    demand(all(type(s) is int for s in sizes), "note sizes")
    demand(sizes == sorted(set(sizes)) and sizes[-1] == size and len(sizes) <= 64, "notes")
    demand(size <= 4096 * len(files), "not as many files as the size needs")
    numbers = [f"{number:08d}" for number in range(-(-size // 4096))]
    names = {"manifest.json", "public.key", "checkpoint"}
    names |= {f"notes/{s:015d}" for s in sizes[:-1]}
    names |= {f"{folder}/{number}" for folder in ("bundles", "leaves") for number in numbers}
    demand(names == set(files), "files")
    known = [parse_key(text) for text in keys or [files["public.key"].decode()[:-1]]]
    demand(
        files["public.key"].decode()
        in [f"{text}\n" for text in keys or [files["public.key"].decode()[:-1]]],
        "public.key",
    )
    heads: dict[int, set[bytes]] = {}
    for note_size, digest in manifest["notes"]:
        content = files["checkpoint" if note_size == size else f"notes/{note_size:015d}"]
        demand(sha256(content).hexdigest() == digest, "note digest")
        origin, signed_size, root = open_note(content.decode(), known)
        demand((origin, signed_size) == (log, note_size), "note of another log or size")
        heads.setdefault(signed_size, set()).add(root)
    hashes, withheld, epochs = check_leaves(files, numbers, size, log)
    for note in kept:
        origin, signed_size, root = open_note(note, known)
        demand(origin == log, "kept checkpoint")
        if signed_size <= size and root == tree(hashes[:signed_size]):
            continue
        demand(any(hidden(epoch, signed_size, root) for epoch in epochs), "kept checkpoint")
        withheld += 1
    for signed_size, roots in heads.items():
        demand(roots == {tree(hashes[:signed_size])}, f"root at {signed_size}")
    return withheld


def hidden(epoch: dict[str, object], size: int, root: bytes) -> bool:
    """A restore says that the leaves under this checkpoint are lost."""
    lost, first = epoch["lost"], epoch["from"]
    if not isinstance(lost, dict) or not isinstance(first, int):
        return False
    return first < size < lost["size"] or (size, root.hex()) == (lost["size"], lost["root"])


def check_epoch(leaf: object, log: str, number: int, index: int) -> dict[str, object]:
    if not isinstance(leaf, dict):
        raise Wrong("epoch")
    members(leaf, "epoch log v")
    epoch = leaf["epoch"]
    members(epoch, "approved at from lost number")
    demand(leaf["log"] == log and leaf["v"] == 1 and leaf["v"] is not True, "epoch's log")
    demand(type(epoch["from"]) is int and epoch["from"] == index, "where the epoch begins")
    demand(type(epoch["number"]) is int and epoch["number"] == number, "number of the epoch")
    demand(re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}\.\d{6}Z", epoch["at"], re.ASCII), "at")
    one = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    approved = epoch["approved"]
    demand(type(approved) is list and len(approved) == len(set(approved)) == 2, "two people")
    demand(all(re.fullmatch(one, each) for each in approved), "two people")
    if epoch["lost"] is not None:
        members(epoch["lost"], "root size")
        demand(count(epoch["lost"]["size"]) and digest(epoch["lost"]["root"]), "lost")
        demand(epoch["lost"]["size"] > index, "lost")
    return dict(epoch)


def check_leaves(
    files: dict[str, bytes], numbers: list[str], size: int, log: str
) -> tuple[list[bytes], int, list[dict[str, object]]]:
    hashes: list[bytes] = []
    epochs: list[dict[str, object]] = []
    streams: Streams = {}
    shut: set[str] = set()
    gone: set[str] = set()
    pruned: list[int] = []
    records: list[dict[str, object]] = []
    for number in numbers:
        content = files[f"bundles/{number}"]
        demand(content.endswith(b"\n"), "last newline")
        begin = len(hashes)
        for line in content[:-1].split(b"\n"):
            if line[:1] == b"=":
                demand(re.fullmatch(rb"=[0-9a-f]{64}", line), "withheld line")
                shut.add(line[1:].decode())
                hashes.append(bytes.fromhex(line[1:].decode()))
                continue
            if line[:1] == b"-":
                demand(re.fullmatch(rb"-[0-9a-f]{64}", line), "pruned line")
                gone.add(line[1:].decode())
                pruned.append(len(hashes))
                hashes.append(bytes.fromhex(line[1:].decode()))
                continue
            demand(line[:1] != b"!", "a body is missing")
            body = strict_json(line)
            demand(isinstance(body, dict) and "evidence" not in body, "evidence")
            leaf = sha256(b"\x00" + line).digest()
            if isinstance(body, dict) and "epoch" in body:
                epochs.append(check_epoch(body, log, len(epochs) + 1, len(hashes)))
            else:
                check_body(body, log)
                follow(body, leaf.hex(), streams, shut | gone)
                if isinstance(body, dict) and body["outcome"] == "done":
                    records.append({**body, "index": len(hashes)})
            hashes.append(leaf)
        demand(files[f"leaves/{number}"] == b"".join(hashes[begin:]), "stored hashes")
        demand(len(hashes) - begin == 4096 or number == numbers[-1], "bundle length")
    demand(len(hashes) == size, "number of leaves")
    check_pruned(pruned, records)
    return hashes, len(shut), epochs


def check_pruned(pruned: list[int], records: list[dict[str, object]]) -> None:
    """Each pruned leaf was let go by two people, under no hold."""
    approved: set[tuple[int, int]] = set()
    held: dict[str, tuple[int, float]] = {}
    left = set(pruned)
    for record in records:
        notes: dict[str, object] = dict(record["notes"])  # type: ignore[call-overload]
        if record["action"] in ("ledger.prune", "pruning.begin"):
            first, end, index = notes["first"], notes["end"], record["index"]
            if not (isinstance(first, int) and isinstance(end, int) and isinstance(index, int)):
                raise Wrong("range of a pruning")
            demand(0 <= first < end <= index, "range of a pruning")
            if record["action"] == "pruning.begin" and (first, end) in approved:
                left -= set(range(first, end))
                overlaps = any(low < end and first <= high for low, high in held.values())
                demand(not overlaps, "pruned under a hold")
            elif record["actor"]["id"] != notes["asked"]:  # type: ignore[index]
                approved.add((first, end))
        if record["action"] in ("legal_hold.place", "legal_hold.lift"):
            for change in record["change"]:  # type: ignore[attr-defined]
                new = {field[0]: field[2] for field in change["fields"]}
                if change["table"] == "legal_hold" and new.get("first_leaf") is not None:
                    last = new.get("last_leaf")
                    held[change["id"]] = (new["first_leaf"], 1e18 if last is None else last)
                elif change["table"] == "legal_hold" and new.get("lifted_at") is not None:
                    held.pop(change["id"], None)
    demand(not left, "pruned without a record")


def follow(body: object, digest: str, streams: Streams, hidden: set[str]) -> None:
    if not isinstance(body, dict):
        raise Wrong("body")
    chain = streams.setdefault(body["stream"], [])
    if body["sprev"] not in hidden:
        last = chain[-1] if chain else (0, "0" * 64)
        demand(body["sseq"] == last[0] + 1, "number in its stream")
        demand(body["sprev"] == last[1], "entry before it")
        for head in body["before"]:
            other = streams.get(head["stream"], [])
            if head["sure"]:
                demand(hidden or (other and other[-1] == (head["sseq"], head["hash"])), "before")
            elif other and other[-1][0] == head["sseq"]:
                demand(other[-1][1] == head["hash"], "before, in doubt")
    chain.append((body["sseq"], digest))


def tree(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def open_note(note: str, known: list[Key]) -> tuple[str, int, bytes]:
    text, gap, signatures = note.rpartition("\n\n")
    demand(
        gap and signatures.endswith("\n") and not re.search("[\x00-\x09\x0b-\x1f]", note), "note"
    )
    lines = text.split("\n")
    demand(len(lines) >= 3 and all(lines), "checkpoint lines")
    demand(re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII), "checkpoint size")
    held = False
    for line in signatures[:-1].split("\n"):
        parts = re.fullmatch("— ([^ +\n]+) ([A-Za-z0-9+/=]+)", line)
        if parts is None:
            raise Wrong("signature line")
        blob = strict_base64(parts[2])
        for name, key_id, key in known:
            if (parts[1], blob[:4]) == (name, key_id):
                Ed25519PublicKey.from_public_bytes(key).verify(blob[4:], f"{text}\n".encode())
                held = held or name == lines[0]
    demand(held, "no known signature")
    root = strict_base64(lines[2])
    demand(len(root) == 32, "root")
    return lines[0], int(lines[1]), root


def parse_key(text: str) -> Key:
    name, key_id, key = text.split("+", 2)
    blob = strict_base64(key)
    demand(blob[:1] == b"\x01" and len(blob) == 33, "key")
    expected = sha256(name.encode() + b"\n" + blob).digest()[:4]
    demand(key_id == expected.hex(), "key id")
    return name, expected, blob[1:]


def strict_base64(text: str) -> bytes:
    blob = base64.b64decode(text, validate=True)
    demand(base64.b64encode(blob).decode() == text, "base64")
    return blob


def strict_json(content: bytes) -> object:
    demand(len(content) <= 1 << 20, "size of a body")
    text = content.decode("utf-8")

    def no_float(_text: str) -> None:
        raise Wrong("float")

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        demand(len({key for key, _ in pairs}) == len(pairs), "key twice")
        return dict(pairs)

    value = json.loads(text, parse_float=no_float, parse_constant=no_float, object_pairs_hook=once)
    demand(unicodedata.normalize("NFC", text) == text, "NFC")
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    demand(again == text, "not the one form")
    return value


def check_body(body: object, log: str) -> None:
    if not isinstance(body, dict):
        raise Wrong("body")
    members(body, "action actor at before change fields log notes op outcome policy purpose "
            "resource scope sealed sprev sseq stream subjects v")  # fmt: skip
    strings(body, "action at purpose scope stream")
    members(body["actor"], "id role session")
    strings(body["actor"], "id role")
    demand(body["actor"]["session"] is None or isinstance(body["actor"]["session"], str), "session")
    members(body["op"], "document name request")
    strings(body["op"], "document name request")
    members(body["policy"], "decision revision rule")
    strings(body["policy"], "revision rule")
    demand(body["policy"]["decision"] in ("allow", "deny"), "decision")
    demand(body["outcome"] in ("done", "denied", "conflict", "fault"), "outcome")
    demand(body["log"] == log and body["v"] == 1 and body["v"] is not True, "log or version")
    demand(count(body["sseq"]) and digest(body["sprev"]), "place")
    if body["resource"] is not None:
        members(body["resource"], "id type version")
        strings(body["resource"], "id type")
        demand(body["resource"]["version"] is None or count(body["resource"]["version"]), "version")
    for name in ("fields", "subjects"):
        demand(all(isinstance(item, str) for item in body[name]), name)
    for head in body["before"]:
        members(head, "hash sseq stream sure")
        strings(head, "stream")
        demand(
            digest(head["hash"]) and count(head["sseq"]) and type(head["sure"]) is bool, "before"
        )
    for ref in body["sealed"]:
        members(ref, "id key sha256")
        strings(ref, "id key")
        demand(digest(ref["sha256"]), "sealed")
    for note in body["notes"]:
        demand(
            len(note) == 2 and named(note[0]) and (isinstance(note[1], str) or integer(note[1])),
            "note",
        )
    for change in body["change"]:
        check_change(change)
    for name in ("before", "change", "fields", "notes", "sealed", "subjects"):
        demand(type(body[name]) is list, name)


def check_change(change: object) -> None:
    if not isinstance(change, dict):
        raise Wrong("change")
    members(change, "fields id op table version")
    strings(change, "id table")
    demand(change["op"] in ("insert", "update", "delete"), "op")
    demand(change["version"] is None or count(change["version"]), "version")
    demand(type(change["fields"]) is list, "fields")
    for field in change["fields"]:
        demand(type(field) is list and len(field) == 3 and named(field[0]), "field")
        demand(all(recorded(value) for value in field[1:]), "value")


def recorded(value: object) -> bool:
    if isinstance(value, dict):
        if value == {"hidden": True}:
            return value["hidden"] is True
        sealed = value.get("sealed")
        return (
            set(value) == {"sealed"}
            and type(sealed) is list
            and len(sealed) == 2
            and isinstance(sealed[0], str)
            and digest(sealed[1])
        )
    return value is None or isinstance(value, bool | str) or integer(value)


def members(value: object, names: str) -> None:
    demand(isinstance(value, dict) and sorted(value) == sorted(names.split()), "members")


def strings(value: object, names: str) -> None:
    demand(
        isinstance(value, dict) and all(isinstance(value[name], str) for name in names.split()),
        "strings",
    )


def integer(value: object) -> bool:
    return type(value) is int and abs(value) <= LIMIT


def count(value: object) -> bool:
    return type(value) is int and 1 <= value < 10**15


def digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def named(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[a-z][a-z0-9_]{0,63}", value) is not None
