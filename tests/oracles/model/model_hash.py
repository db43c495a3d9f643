#!/usr/bin/env python3
"""Model hash from docs/formats/model.md, written without a look at the C++.

  model_hash.py PATH            print the hash of a file or folder
  model_hash.py --check FILE    check the vectors of FILE
  model_hash.py --make FILE     write the vectors into FILE
"""
import hashlib
import json
import os
import stat
import sys

LEAF = 1 << 20


def sha256(data):
    return hashlib.sha256(data).digest()


def mth(inputs):
    if not inputs:
        return sha256(b"")
    if len(inputs) == 1:
        return sha256(b"\x00" + inputs[0])
    k = 1
    while k * 2 < len(inputs):
        k *= 2
    return sha256(b"\x01" + mth(inputs[:k]) + mth(inputs[k:]))


def file_root(data):
    return mth([data[i:i + LEAF] for i in range(0, len(data), LEAF)])


def model_hash(files):
    """files: {path as bytes: content}"""
    entries = []
    for path in sorted(files):
        data = files[path]
        entries.append(b"cocoon/1 model file\0" + len(path).to_bytes(2, "big") + path +
                       len(data).to_bytes(8, "big") + file_root(data))
    total = sum(len(data) for data in files.values())
    return sha256(b"cocoon/1 model\0" + LEAF.to_bytes(4, "big") + len(files).to_bytes(4, "big") +
                  total.to_bytes(8, "big") + mth(entries))


def read_model(path):
    def read(name):
        if not stat.S_ISREG(os.lstat(name).st_mode):
            raise SystemExit(f"{os.fsdecode(name)} is not a regular file")
        with open(name, "rb") as f:
            return f.read()

    path = os.fsencode(os.path.realpath(path))
    if not os.path.isdir(path):
        return {os.path.basename(path): read(path)}
    files = {}
    for folder, folders, names in os.walk(path):
        for name in names + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
            full = os.path.join(folder, name)
            files[os.path.relpath(full, path)] = read(full)
    return files


def content(rule):
    if "text" in rule:
        return rule["text"].encode()
    return bytes((i * 31 + (i >> 8) * 7 + (i >> 16)) % 256 for i in range(rule["size"]))


CASES = {
    "one small file": [("model.gguf", {"text": "weights"})],
    "one empty file": [("empty", {"text": ""})],
    "exactly one leaf": [("model.bin", {"pattern": True, "size": LEAF})],
    "one byte over a leaf": [("model.bin", {"pattern": True, "size": LEAF + 1})],
    "five leaves": [("model.bin", {"pattern": True, "size": 4 * LEAF + 12345})],
    "folders, order by bytes": [("a/b", {"text": "1"}), ("a-b", {"text": "2"}), ("B", {"text": "3"}),
                                ("\u00e9", {"text": "4"}), (".hidden", {"text": "5"}), ("z/y/x", {"text": ""})],
}


def make():
    cases = []
    for name, rules in CASES.items():
        files = {path.encode(): content(rule) for path, rule in rules}
        cases.append({
            "name": name,
            "files": [dict(path=path, **rule, root=file_root(content(rule)).hex()) for path, rule in rules],
            "hash": model_hash(files).hex(),
        })
    return {"format": "docs/formats/model.md", "cases": cases}


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--make":
        with open(arguments[1], "w", encoding="utf-8") as f:
            json.dump(make(), f, indent=1, ensure_ascii=True)
            f.write("\n")
    elif len(arguments) == 2 and arguments[0] == "--check":
        with open(arguments[1], encoding="utf-8") as f:
            vectors = json.load(f)
        for case in vectors["cases"]:
            files = {file["path"].encode(): content(file) for file in case["files"]}
            for file in case["files"]:
                assert file_root(content(file)).hex() == file["root"], (case["name"], file["path"])
            assert model_hash(files).hex() == case["hash"], case["name"]
        print(f"{len(vectors['cases'])} model vectors agree")
    elif len(arguments) == 1 and not arguments[0].startswith("-"):
        print(model_hash(read_model(arguments[0])).hex())
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
