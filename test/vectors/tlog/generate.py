#!/usr/bin/env python3
"""Writes the vectors beside it: a second implementation, from the specifications alone (RFC 6962, RFC 9162, C2SP), in another language.

The tree is built by the recursive definitions of RFC 6962 2.1, the library under test by compact ranges. Needs `cryptography`.
"""

import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


def b64(data):
    return base64.b64encode(data).decode()


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return path(m, leaves[:k]) + [mth(leaves[k:])] if m < k else path(m - k, leaves[k:]) + [mth(leaves[:k])]


def subproof(m, leaves, known):
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], known) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


def flip(data, bit=0):
    out = bytearray(data)
    out[bit // 8] ^= 1 << (bit % 8)
    return bytes(out)


def write(name, value):
    (HERE / f"{name}.json").write_text(json.dumps(value, indent=1, ensure_ascii=True) + "\n")


LEAVES = [leaf_hash(bytes.fromhex(x)) for x in INPUTS]
MANY = [leaf_hash(b"%d" % i) for i in range(300)]


def trees():
    write(
        "trees",
        {
            "source": "RFC 6962 2.1",
            "leaves": [{"input": x, "hash": b64(h)} for x, h in zip(INPUTS, LEAVES)],
            "roots": [{"size": n, "root": b64(mth(LEAVES[:n]))} for n in range(9)],
            "decimal": [{"size": n, "root": b64(mth(MANY[:n]))} for n in (1, 255, 256, 257, 300)],
        },
    )


def inclusion():
    cases = []

    def case(name, leaf, index, size, proof, root, error=None):
        cases.append(dict(name=name, leaf=b64(leaf), index=index, size=size, proof=[b64(p) for p in proof], root=b64(root), error=error))

    for index, size in [(0, 1), (0, 2), (1, 2), (2, 3), (0, 8), (5, 8), (7, 8), (4, 5), (2, 7), (6, 7)]:
        leaf, proof, root = LEAVES[index], path(index, LEAVES[:size]), mth(LEAVES[:size])
        name = f"{index} of {size}"
        case(name, leaf, index, size, proof, root)
        case(f"{name}: a bit of the leaf flipped", flip(leaf), index, size, proof, root, "ROOT_MISMATCH")
        case(f"{name}: a bit of the root flipped", leaf, index, size, proof, flip(root, 255), "ROOT_MISMATCH")
        case(f"{name}: root of the empty tree", leaf, index, size, proof, mth([]), "ROOT_MISMATCH")
        case(f"{name}: a hash too many", leaf, index, size, proof + [root], root, "WRONG_PROOF_LENGTH")
        case(f"{name}: index is the size", leaf, size, size, proof, root, "INDEX_OUT_OF_RANGE")
        case(f"{name}: index below zero", leaf, -1, size, proof, root, "INDEX_OUT_OF_RANGE")
        case(f"{name}: size zero", leaf, index, 0, proof, root, "SIZE_OUT_OF_RANGE")
        case(f"{name}: a root of 31 bytes", leaf, index, size, proof, root[:31], "BAD_HASH_LENGTH")
        case(f"{name}: a leaf of 33 bytes", leaf + b"\0", index, size, proof, root, "BAD_HASH_LENGTH")
        if proof:
            case(f"{name}: a hash too few", leaf, index, size, proof[:-1], root, "WRONG_PROOF_LENGTH")
            case(f"{name}: no proof", leaf, index, size, [], root, "WRONG_PROOF_LENGTH")
            case(f"{name}: a bit of the proof flipped", leaf, index, size, [flip(proof[0], 9)] + proof[1:], root, "ROOT_MISMATCH")
            case(f"{name}: a proof hash cut short", leaf, index, size, [proof[0][:31]] + proof[1:], root, "BAD_HASH_LENGTH")
            case(f"{name}: its neighbour's index", leaf, index ^ 1 if index ^ 1 < size else 0, size, proof, root, None)
            if cases[-1]["index"] != index:
                cases[-1]["error"] = "WRONG_PROOF_LENGTH" if len(path(cases[-1]["index"], LEAVES[:size])) != len(proof) else "ROOT_MISMATCH"
        if len(proof) > 1:
            case(f"{name}: the proof reversed", leaf, index, size, proof[::-1], root, "ROOT_MISMATCH")
    node = node_hash(LEAVES[0], LEAVES[1])
    case("an inner node shown as leaf 0 of 4", node, 0, 4, path(0, LEAVES[:4])[1:], mth(LEAVES[:4]), "WRONG_PROOF_LENGTH")
    case("a size beyond 2^53-1", LEAVES[0], 0, 2**53, [], LEAVES[0], "SIZE_OUT_OF_RANGE")
    write("inclusion", {"source": "RFC 9162 2.1.3", "cases": cases})


def consistency():
    cases = []

    def case(name, old, new, old_root, new_root, proof, error=None):
        cases.append(
            dict(name=name, oldSize=old, newSize=new, oldRoot=b64(old_root), newRoot=b64(new_root), proof=[b64(p) for p in proof], error=error)
        )

    for old, new in [(0, 0), (0, 5), (1, 1), (1, 8), (6, 8), (2, 5), (3, 7), (4, 8), (7, 8), (8, 8), (4, 7)]:
        before, after = mth(LEAVES[:old]), mth(LEAVES[:new])
        proof = subproof(old, LEAVES[:new], True) if old else []
        name = f"{old} to {new}"
        case(name, old, new, before, after, proof)
        # A full subtree of the new tree is not in its own proof: a wrong old root then leads to a wrong new one.
        wrong_old = "ROOT_MISMATCH" if 0 < old < new and old & (old - 1) == 0 else "OLD_ROOT_MISMATCH"
        case(f"{name}: a bit of the old root flipped", old, new, flip(before), after, proof, wrong_old)
        if 0 < old < new:
            case(f"{name}: a bit of the new root flipped", old, new, before, flip(after), proof, "ROOT_MISMATCH")
            case(f"{name}: the roots swapped", old, new, after, before, proof, wrong_old)
            case(f"{name}: no proof", old, new, before, after, [], "WRONG_PROOF_LENGTH")
            case(f"{name}: a hash too few", old, new, before, after, proof[:-1], "WRONG_PROOF_LENGTH")
            last = proof[:-1] + [flip(proof[-1], 77)]
            case(f"{name}: a bit of the last hash flipped", old, new, before, after, last, None)
            # Where the last hash is of the old tree too, that root is missed first.
            cases[-1]["error"] = "OLD_ROOT_MISMATCH" if old > split(new) else "ROOT_MISMATCH"
            case(f"{name}: a proof hash of 31 bytes", old, new, before, after, [proof[0][1:]] + proof[1:], "BAD_HASH_LENGTH")
        case(f"{name}: a hash too many", old, new, before, after, proof + [after], "WRONG_PROOF_LENGTH")
        case(f"{name}: a root of 33 bytes", old, new, before + b"\0", after, proof, "BAD_HASH_LENGTH")
        if old < new:
            case(f"{name}: backwards", new, old, after, before, proof, "SIZES_OUT_OF_ORDER")
    case("another tree of the same size", 8, 8, mth(LEAVES), mth(MANY[:8]), [], "OLD_ROOT_MISMATCH")
    case("a history with one early leaf changed", 3, 7, mth(LEAVES[:3]), mth([MANY[0]] + LEAVES[1:7]), subproof(3, [MANY[0]] + LEAVES[1:7], True), "OLD_ROOT_MISMATCH")
    write("consistency", {"source": "RFC 9162 2.1.4", "cases": cases})


def tile_path(level, index, width):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == 256 else f".p/{width}")


def tiles_of(size):
    out, level = [], 0
    while size >> (8 * level):
        n = size >> (8 * level)
        out += [tile_path(level, i, 256) for i in range(n // 256)]
        if n % 256:
            out.append(tile_path(level, n // 256, n % 256))
        level += 1
    return out


def tiles():
    paths = [dict(level=l, index=i, width=w, path=tile_path(l, i, w)) for l, i, w in
             [(0, 0, 256), (0, 0, 1), (0, 999, 256), (0, 1000, 256), (1, 1234067, 256), (2, 1234067, 8), (63, 2**53 - 1, 255)]]
    bad = ["", "tile", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/0/x000/000", "tile/0/000/000", "tile/0/x001",
           "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "/tile/0/000", "tile/0/000/",
           "tile/0/000\n", "tile/-1/000", "tile/entries/000", "tile/0/X001/000", "tile/0/x009/x007/x199/x254/x740/992", "tile/0/../../key"]
    grown = [dict(old=o, new=n, tiles=[t for t in tiles_of(n) if t not in tiles_of(o)]) for o, n in
             [(0, 0), (0, 1), (1, 1), (0, 255), (0, 256), (255, 256), (256, 257), (256, 512), (250, 700), (65535, 65536), (65536, 65537)]]
    seventy = tiles_of(70000)
    hashes = [dict(size=n, tile=f"tile/1/000.p/{n // 256}", bytes=b64(b"".join(mth(MANY[i * 256 : i * 256 + 256]) for i in range(n // 256)))) for n in (256, 300)]
    write("tiles", {"source": "c2sp.org/tlog-tiles", "paths": paths, "bad": bad, "grown": grown,
                    "seventyThousand": {"count": len(seventy), "partial": [t for t in seventy if ".p/" in t]}, "hashes": hashes})


def key(name, seed):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    return dict(name=name, private=private, id=key_id, vkey=f"{name}+{key_id.hex()}+{b64(bytes([1]) + public)}",
                skey=f"PRIVATE+KEY+{name}+{key_id.hex()}+{b64(bytes([1]) + seed)}")


ALICE, BOB, CAROL = (key(n, hashlib.sha256(n.encode()).digest()) for n in ("log.example/alice", "witness.example/bob", "carol"))


def signature(k, text, name=None, damage=False):
    sig = k["private"].sign(text.encode())
    return f"\u2014 {name or k['name']} {b64(k['id'] + (flip(sig, 100) if damage else sig))}\n"


def keys():
    good = [dict(vkey=k["vkey"], skey=k["skey"], name=k["name"], keyId=k["id"].hex()) for k in (ALICE, BOB, CAROL)]
    good.append(dict(vkey="example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", skey=None, name="example.com/foo", keyId="530d903a"))
    name, key_id, data = ALICE["vkey"].split("+", 2)
    raw = base64.b64decode(data)
    def with_id(key_bytes, n=name):
        return f"{n}+{hashlib.sha256(n.encode() + bytes([10]) + key_bytes).digest()[:4].hex()}+{b64(key_bytes)}"
    bad = [
        ("", "BAD_VKEY"), (name, "BAD_VKEY"), (f"{name}+{key_id}", "BAD_VKEY"), (f"{name}+{key_id.upper()}+{data}", "BAD_VKEY"),
        (f"{name}+0{key_id}+{data}", "BAD_VKEY"), (f"{name}+{key_id}+{data}\n", "BAD_VKEY"), (f" {ALICE['vkey']}", "BAD_KEY_NAME"), (f"+{key_id}+{data}", "BAD_KEY_NAME"),
        (f"a b+{key_id}+{data}", "BAD_KEY_NAME"), (f"a\u00a0b+{key_id}+{data}", "BAD_KEY_NAME"), (f"{name}+{key_id}+{data.rstrip('=')}=", "BAD_BASE64" if data.endswith("==") or not data.endswith("=") else None),
        (f"{name}+{key_id}+{data} ", "BAD_BASE64"), (f"{name}+{key_id}+", "UNKNOWN_ALGORITHM"), (f"{name}+00000000+{data}", "KEY_ID_MISMATCH"),
        (f"other+{key_id}+{data}", "KEY_ID_MISMATCH"), (with_id(b"\x02" + raw[1:]), "UNKNOWN_ALGORITHM"), (with_id(b"\x06" + raw[1:]), "UNKNOWN_ALGORITHM"),
        (with_id(raw[:-1]), "BAD_KEY_LENGTH"), (with_id(raw + b"\0"), "BAD_KEY_LENGTH"),
    ]
    write("keys", {"source": "c2sp.org/signed-note", "good": good, "bad": [dict(vkey=v, error=e) for v, e in bad if e]})


def notes():
    text = "This text is signed.\n\nSo is this line, after a blank one.\n"
    a, b, c = signature(ALICE, text), signature(BOB, text), signature(CAROL, text)
    cases = []

    def case(name, note, keys, error=None, verified=(), unknown=0, text=text):
        cases.append(dict(name=name, note=note, vkeys=[k["vkey"] for k in keys], error=error,
                          **({} if error else dict(text=text, verified=[k["name"] for k in verified], unknown=unknown))))

    case("one signature", f"{text}\n{a}", [ALICE], verified=[ALICE])
    case("two signatures", f"{text}\n{a}{b}", [ALICE, BOB], verified=[ALICE, BOB])
    case("an unknown signature is ignored", f"{text}\n{c}{a}{b}", [ALICE], verified=[ALICE], unknown=2)
    case("a known name with an unknown id is unknown", f"{text}\n{signature(CAROL, text, name=ALICE['name'])}{a}", [ALICE], verified=[ALICE], unknown=1)
    case("the same signature twice counts once", f"{text}\n{a}{a}", [ALICE], verified=[ALICE])
    case("a text that is one newline", "\n\n" + signature(ALICE, "\n"), [ALICE], verified=[ALICE], text="\n")
    case("text in another script", "\u00e4\u4e16\U0001f512\n\n" + signature(ALICE, "\u00e4\u4e16\U0001f512\n"), [ALICE], verified=[ALICE], text="\u00e4\u4e16\U0001f512\n")
    case("a hundred signatures", f"{text}\n" + a + c * 99, [ALICE], verified=[ALICE], unknown=99)
    case("a hundred and one", f"{text}\n" + a + c * 100, [ALICE], "NOTE_TOO_MANY_SIGNATURES")
    case("only unknown ones", f"{text}\n{c}{b}", [ALICE], "NO_KNOWN_SIGNATURE")
    case("no keys", f"{text}\n{a}", [], "NO_KNOWN_SIGNATURE")
    case("a changed text", f"{text.replace('This', 'Thus')}\n{a}", [ALICE], "BAD_SIGNATURE")
    case("a damaged signature", f"{text}\n{signature(ALICE, text, damage=True)}", [ALICE], "BAD_SIGNATURE")
    case("a right signature does not excuse a wrong one", f"{text}\n{a}{signature(BOB, text, damage=True)}", [ALICE, BOB], "BAD_SIGNATURE")
    case("a second, damaged line of the same key", f"{text}\n{a}{signature(ALICE, text, damage=True)}", [ALICE], "BAD_SIGNATURE")
    case("a signature cut short", f"{text}\n\u2014 {ALICE['name']} {b64(ALICE['id'] + bytes(63))}\n", [ALICE], "BAD_SIGNATURE")
    case("only a key id", f"{text}\n\u2014 {ALICE['name']} {b64(ALICE['id'])}\n", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("signed without the final newline", f"{text}\n{signature(ALICE, text[:-1])}", [ALICE], "BAD_SIGNATURE")
    case("empty", "", [ALICE], "NOTE_WITHOUT_SIGNATURES")
    case("no blank line", f"one line\n{a}", [ALICE], "NOTE_WITHOUT_SIGNATURES")
    case("nothing after the blank line", "text\n\n", [ALICE], "NOTE_WITHOUT_SIGNATURES")
    case("no final newline", f"{text}\n{a[:-1]}", [ALICE], "NOTE_NOT_TERMINATED")
    case("a hyphen in the place of the dash", f"{text}\n{a.replace(chr(0x2014), '-')}", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("two spaces", f"{text}\n{a.replace(chr(0x2014) + ' ', chr(0x2014) + '  ')}", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("trailing space", f"{text}\n{a[:-1]} \n", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("a plus sign in the name", f"{text}\n{a.replace('alice', 'al+ce')}", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("base64 of the URL alphabet", f"{text}\n\u2014 x {base64.urlsafe_b64encode(bytes([255]) * 68).decode()}\n{a}", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("base64 with set bits after the end", f"{text}\n\u2014 x AAAAAAF=\n{a}", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("a line that is no signature", f"{text}\n{a}hello\n", [ALICE], "NOTE_BAD_SIGNATURE_LINE")
    case("a blank line at the end", f"{text}\n{a}\n", [ALICE], "NOTE_WITHOUT_SIGNATURES")
    case("a tab in the text", f"a\tb\n\n{signature(ALICE, chr(97) + chr(9) + 'b' + chr(10))}", [ALICE], "NOTE_CONTROL_CHARACTER")
    case("a carriage return", f"{text}\n{a[:-1]}\r\n", [ALICE], "NOTE_CONTROL_CHARACTER")
    case("a NUL", f"a\0b\n\n{signature(ALICE, chr(97) + chr(0) + 'b' + chr(10))}", [ALICE], "NOTE_CONTROL_CHARACTER")
    write("notes", {"source": "c2sp.org/signed-note", "cases": cases})


def checkpoints():
    root = b64(mth(LEAVES))
    good = [
        dict(text=f"log.example/alice\n8\n{root}\n", origin="log.example/alice", size=8, root=root),
        dict(text=f"log.example/alice\n0\n{b64(mth([]))}\n", origin="log.example/alice", size=0, root=b64(mth([]))),
        dict(text=f"a log with spaces\n{2**53 - 1}\n{root}\n", origin="a log with spaces", size=2**53 - 1, root=root),
        dict(text=f"log.example/alice\n8\n{root}\nextension 1\nextension 2\n", origin="log.example/alice", size=8, root=root, extensions=["extension 1", "extension 2"]),
    ]
    bad = [
        ("", "BAD_CHECKPOINT"), ("\n", "BAD_CHECKPOINT"), ("log\n8\n", "BAD_CHECKPOINT"), (f"log\n8\n{root}", "BAD_CHECKPOINT"), (f"\n8\n{root}\n", "BAD_ORIGIN"),
        (f"lo\tg\n8\n{root}\n", "BAD_ORIGIN"), (f"log\n\n{root}\n", "BAD_SIZE"), (f"log\n08\n{root}\n", "BAD_SIZE"), (f"log\n00\n{root}\n", "BAD_SIZE"), (f"log\n+8\n{root}\n", "BAD_SIZE"),
        (f"log\n-1\n{root}\n", "BAD_SIZE"), (f"log\n8 \n{root}\n", "BAD_SIZE"), (f"log\n0x8\n{root}\n", "BAD_SIZE"), (f"log\n8e0\n{root}\n", "BAD_SIZE"), (f"log\n8.0\n{root}\n", "BAD_SIZE"),
        (f"log\n{2**53}\n{root}\n", "BAD_SIZE"), (f"log\n{10**30}\n{root}\n", "BAD_SIZE"), (f"log\n\u0668\n{root}\n", "BAD_SIZE"), ("log\n8\n\n", "BAD_ROOT"), (f"log\n8\n{root[:-1]}\n", "BAD_ROOT"),
        (f"log\n8\n {root}\n", "BAD_ROOT"), (f"log\n8\n{b64(bytes(31))}\n", "BAD_ROOT"), (f"log\n8\n{b64(bytes(33))}\n", "BAD_ROOT"), (f"log\n8\n{base64.urlsafe_b64encode(bytes([255]) * 32).decode()}\n", "BAD_ROOT"),
        (f"log\n8\n{root}\n\n", "BAD_EXTENSION"), (f"log\n8\n{root}\n\nextension\n", "BAD_EXTENSION"), (f"log\n8\n{root}\nex\ttension\n", "BAD_EXTENSION"),
    ]
    signed = good[0]["text"]
    write("checkpoints", {"source": "c2sp.org/tlog-checkpoint", "good": good, "bad": [dict(text=t, error=e) for t, e in bad],
                          "signed": {"skey": ALICE["skey"], "vkey": ALICE["vkey"], "text": signed, "note": f"{signed}\n{signature(ALICE, signed)}"}})


for part in (trees, inclusion, consistency, tiles, keys, notes, checkpoints):
    part()
