#!/usr/bin/env python3
"""Writes the vectors of image.md, registry-file.md and answer-text.md into the folder it is given.

  policy.py FOLDER
"""
import hashlib
import json
import os
import sys

from cbor import cbor

WIDE_XFAM = bytes.fromhex("e702060000000000")
NARROW_XFAM = bytes.fromhex("e700060000000000")


def filled(value, length):
    return bytes([value]) * length


# Sorted as the policy hash wants them; the registry file lists them the other way round.
IMAGES = [
    {"name": "image-a", "mrtd": filled(1, 48), "rtmr1": filled(2, 48), "rtmr2": filled(3, 48),
     "shapes": [("large", filled(5, 48), WIDE_XFAM, 8, "GH100"), ("small", filled(4, 48), NARROW_XFAM, 0, "")]},
    {"name": "image-b", "mrtd": filled(6, 48), "rtmr1": filled(7, 48), "rtmr2": filled(8, 48),
     "shapes": [("only", filled(9, 48), WIDE_XFAM, 0, "")]},
]
ROOTS = [filled(0xAA, 32), filled(0xBB, 32)]
STATEMENT_AGE = 4200
EXCEPTIONS = [("OutOfDate", ["INTEL-SA-00960", "INTEL-SA-00982"], 1798675200, "2026-12-31T00:00:00Z")]
BANS = [filled(0xE1, 16), filled(0xE2, 64)]
EVALUATION_NUMBER_MIN = 17
# Sorted as the policy hash wants them, too.
TRUSTED_BLOCKS = [(1, filled(0xF1, 32), filled(0xF2, 32)), (59379986, filled(0xF3, 32), filled(0xF4, 32))]

# Roots, who vouches for golden measurements, drivers, VBIOSes; sorted.
GPUS = ([filled(0xA1, 32)], [filled(0xA2, 32), filled(0xA3, 32)], ["550.90.07", "570.1"], ["96.00.5E.00.01"])

# SEV-SNP: roots, the firmware floors of Genoa (none) and Turin (fmc, bootloader, tee, snp, microcode); images.
SNP_ROOTS = [filled(0xB1, 32), filled(0xB2, 32)]
TURIN_FLOOR = bytes([1, 2, 3, 4, 72])
SNP_IMAGES = [("snp-a", [("one", filled(0x21, 48), 0, ""), ("two", filled(0x22, 48), 8, "GH100")]),
              ("snp-b", [("one", filled(0x23, 48), 0, "")])]


def policy_cbor():
    images = [{1: image["name"], 2: image["mrtd"], 3: image["rtmr1"], 4: image["rtmr2"],
               5: [dict(enumerate(shape, 1)) for shape in image["shapes"]]}
              for image in IMAGES]
    exceptions = sorted(({1: status, 2: advisories, 3: until} for status, advisories, until, _ in EXCEPTIONS), key=cbor)
    trusted = [{1: seqno, 2: root, 3: file} for seqno, root, file in TRUSTED_BLOCKS]
    snp_images = sorted(({1: name, 2: sorted((dict(enumerate(shape, 1)) for shape in shapes), key=cbor)}
                         for name, shapes in SNP_IMAGES), key=cbor)
    return cbor({1: 5, 2: -777, 3: images, 4: ROOTS, 5: STATEMENT_AGE, 6: exceptions, 7: sorted(BANS),
                 8: EVALUATION_NUMBER_MIN, 9: trusted, 10: dict(enumerate(GPUS, 1)),
                 11: {1: SNP_ROOTS, 2: b"", 3: TURIN_FLOOR}, 12: snp_images})


def image_hash(image, shape):
    measured = image["mrtd"] + shape[1] + image["rtmr1"] + image["rtmr2"]
    return hashlib.sha256(b"cocoon/1 image\0" + measured).hexdigest()


def registry_toml():
    roots = ", ".join(f'"{root.hex()}"' for root in reversed(ROOTS))
    bans = ", ".join(f'"{ban.hex()}"' for ban in reversed(BANS))
    lines = ["network = -777", "", "[parameters]", 'key_epoch = "3600s"', 'key_grace = "600s"',
             "statement_block_interval = 128", 'price_floor = "0 TON"', "", "[attestation]",
             f'statement_age_max = "{STATEMENT_AGE}s"', f"roots = [{roots}]", f"evaluation_number_min = {EVALUATION_NUMBER_MIN}",
             f"banned_platforms = [{bans}]"]
    for status, advisories, _, until in EXCEPTIONS:
        listed = ", ".join(f'"{advisory}"' for advisory in advisories)
        lines += ["", "[[attestation.exceptions]]", f'status = "{status}"', f"advisories = [{listed}]",
                  f'until = "{until}"']
    lines += ["", "[attestation.gpu]"]
    for key, values in zip(("roots", "golden_keys", "driver_versions", "vbios_versions"), GPUS):
        texts = [value.hex() if isinstance(value, bytes) else value for value in reversed(values)]
        lines += [f"{key} = {json.dumps(texts)}"]
    floor = ", ".join(f"{key} = {value}" for key, value in zip(("fmc", "bootloader", "tee", "snp", "microcode"), TURIN_FLOOR))
    lines += ["", "[attestation.snp]", f"roots = {json.dumps([root.hex() for root in reversed(SNP_ROOTS)])}",
              f"turin_tcb_min = {{{floor}}}"]
    for seqno, root, file in reversed(TRUSTED_BLOCKS):
        lines += ["", "[[attestation.trusted_blocks]]", f"seqno = {seqno}", f'root_hash = "{root.hex()}"',
                  f'file_hash = "{file.hex()}"']
    for image in reversed(IMAGES):
        lines += ["", "[[images]]", f'name = "{image["name"]}"']
        lines += [f'{key} = "{image[key].hex()}"' for key in ("mrtd", "rtmr1", "rtmr2")]
        lines += ["shapes = ["]
        for name, rtmr0, xfam, gpus, model in reversed(image["shapes"]):
            more = f', gpus = {gpus}, gpu_model = "{model}"' if gpus else ""
            lines += [f'  {{name = "{name}", rtmr0 = "{rtmr0.hex()}", xfam = "{xfam.hex()}"{more}}},']
        lines += ["]"]
    for name, shapes in reversed(SNP_IMAGES):
        lines += ["", "[[snp_images]]", f'name = "{name}"', "shapes = ["]
        for shape, measurement, gpus, model in reversed(shapes):
            more = f', gpus = {gpus}, gpu_model = "{model}"' if gpus else ""
            lines += [f'  {{name = "{shape}", measurement = "{measurement.hex()}"{more}}},']
        lines += ["]"]
    lines += ["", "[[models]]", 'name = "SmolLM2-135M-Instruct"', f'hash = "{filled(0xCC, 32).hex()}"',
              "", "[[proxies]]", 'name = "one"', f'key = "{filled(0xDD, 32).hex()}"',
              'host = "127.0.0.1"', "port = 11000", ""]
    return "\n".join(lines)


def policy_json():
    return {
        "registry": "tests/data/formats/registry.toml",
        "policy_cbor": policy_cbor().hex(),
        "policy_hash": hashlib.sha256(b"cocoon/1 policy\0" + policy_cbor()).hexdigest(),
        "image_hashes": [{"image": image["name"], "shape": shape[0], "image_hash": image_hash(image, shape)}
                         for image in IMAGES for shape in image["shapes"]],
        "snp_image_hashes": [{"image": name, "shape": shape[0],
                              "image_hash": hashlib.sha256(b"cocoon/1 snp image\0" + shape[1]).hexdigest()}
                             for name, shapes in SNP_IMAGES for shape in shapes],
    }


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event(value):
    return f"data: {compact(value)}\n\n"


def delta(choice, **members):
    return event({"choices": [{"index": choice, "delta": members, "finish_reason": None}]})


def tool_call(index, **function):
    return delta(0, tool_calls=[{"index": index, "function": function}])


def segment(choice, part, field, text):
    return {"choice": choice, "part": part, "field": field, "text": text}


def answer_texts():
    stream = "".join([
        delta(0, role="assistant", content=""), delta(1, content="Un"),
        delta(0, reasoning_content="hm", content="One "), delta(0, content="two"),
        tool_call(2, name="f", arguments='{"a":'), tool_call(2, arguments="1}"),
        delta(1, refusal="no"), "data: [DONE]\n\n"])
    whole = compact({
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Zwölf", "refusal": None}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    # Written by hand: numbers keep their text.
    embedding = '[{"index":0,"embedding":[0.10,1e-7]}]'
    return [
        {"endpoint": "/v1/chat/completions", "form": "stream", "bytes": stream,
         "segments": [segment(1, 0, 1, "Un"), segment(0, 0, 2, "hm"), segment(0, 0, 1, "One "),
                      segment(0, 0, 1, "two"), segment(0, 2, 4, "f"), segment(0, 2, 5, '{"a":'),
                      segment(0, 2, 5, "1}"), segment(1, 0, 3, "no")]},
        {"endpoint": "/v1/chat/completions", "form": "whole", "bytes": whole,
         "segments": [segment(0, 0, 1, "Zwölf")]},
        {"endpoint": "/v1/embeddings", "form": "whole",
         "bytes": '{"object":"list","data":' + embedding + ',"usage":{"prompt_tokens":2}}',
         "segments": [segment(0, 0, 6, embedding)]},
        {"endpoint": "/v1/completions", "form": "whole",
         "bytes": '{"choices":[{"index":1,"text":"b"},{"text":"a"}]}',
         "segments": [segment(1, 0, 1, "b"), segment(1, 0, 1, "a")]},
    ]


def main():
    folder = sys.argv[1]
    files = {
        "registry.toml": registry_toml(),
        "policy.json": json.dumps(policy_json(), indent=1),
        "answer-text.json": json.dumps(answer_texts(), indent=1, ensure_ascii=False),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
