"""What generators leave in their pictures, in the forms that they publish -> the positive prompt, and nothing else."""

import json
import time

import pytest

from indexer.decode import decode, header
from indexer.metadata import read
from indexer.photo import Facts
from tests import headers, pictures

WANTED = "a lighthouse at dawn, film grain"
UNWANTED = "blurry, lowres"
A1111 = (
    f"{WANTED},\n<lora:grain:0.6>\nNegative prompt: {UNWANTED}\n"
    "Steps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1, Size: 512x768, Model: example"
)
Graph = dict[str, dict[str, object]]


def node(kind: str, title: str = "", **inputs: object) -> dict[str, object]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


def encoders(kind: str, wanted: dict[str, object], unwanted: dict[str, object]) -> Graph:
    """The graph that everyone begins with; 6 is the positive prompt, 7 the negative."""
    return {
        "3": node(
            "KSampler", seed=1, steps=20, model=["4", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0]
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="sd3_medium.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=512),
        "6": node(kind, clip=["4", 1], **wanted),
        "7": node(kind, clip=["4", 1], **unwanted),
        "9": node("SaveImage", images=["8", 0], filename_prefix="ComfyUI"),
    }


def of(**texts: str) -> Facts:
    """Of a PNG with these texts."""
    return read(
        decode(headers.png({key.replace("_", "-", "sd_" in key): text for key, text in texts.items()})).header, "a.png"
    )


def of_graph(graph: object) -> str | None:
    found = of(prompt=json.dumps(graph), workflow=json.dumps({"nodes": [], "links": []}))
    assert found.notes == ()
    return found.prompt


# -- AUTOMATIC1111 and those who write as it does


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (A1111, f"{WANTED},\n<lora:grain:0.6>"),
        (f"{WANTED}\nSteps: 20, Sampler: Euler", WANTED),
        (f"Negative prompt: {UNWANTED}\nSteps: 20, Sampler: Euler", None),
        (WANTED, WANTED),
        ("夜の灯台\nNegative prompt: 低品質\nSteps: 9, Seed: 1", "夜の灯台"),
        (json.dumps({"sui_image_params": {"prompt": WANTED, "negativeprompt": UNWANTED, "seed": 1}}), None),
        (json.dumps({"prompt": WANTED, "negative_prompt": UNWANTED, "styles": "[]", "seed": "1"}), WANTED),
    ],
)
def test_parameters_end_where_the_negative_prompt_or_the_settings_begin(text: str, prompt: str | None) -> None:
    if "sui_image_params" in text:
        prompt = WANTED
    assert of(parameters=text).prompt == prompt


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_texts_are_found_compressed_and_behind_the_pixels_by_both_ways_of_reading(compressed: bool, late: bool) -> None:
    data = headers.png({"parameters": A1111, "Title": "題"}, compressed, late)
    for found in (decode(data).header, header(data)[0]):
        facts = read(found, "a.png")
        assert (facts.prompt, facts.title) == (f"{WANTED},\n<lora:grain:0.6>", "題")


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-8"])
def test_the_same_text_stands_in_the_comment_of_jpeg_webp_and_avif(format_: str, encoding: str) -> None:
    comment = (b"ASCII\0\0\0" if encoding == "utf-8" else b"UNICODE\0") + A1111.encode(encoding)
    exif = headers.exif(inner={0x9286: comment})
    found = read(decode(pictures.encoded(pictures.scene(1), format_, exif=exif)).header, "a")
    assert found.prompt == f"{WANTED},\n<lora:grain:0.6>"
    assert found.caption is None


def test_a_comment_of_a_person_is_no_prompt() -> None:
    found = read(decode(headers.jpeg(headers.exif(inner={0x9286: b"ASCII\0\0\0Steps to the lighthouse"}))).header, "a")
    assert (found.prompt, found.caption) == (None, "Steps to the lighthouse")


# -- ComfyUI


@pytest.mark.parametrize(
    ("kind", "wanted", "unwanted", "prompt"),
    [
        ("CLIPTextEncode", {"text": WANTED}, {"text": UNWANTED}, WANTED),
        (
            "CLIPTextEncodeSD3",
            {"clip_l": "a lighthouse", "clip_g": "dawn", "t5xxl": "A lighthouse at dawn.", "empty_padding": "none"},
            {"clip_l": UNWANTED, "clip_g": UNWANTED, "t5xxl": UNWANTED, "empty_padding": "none"},
            "a lighthouse\ndawn\nA lighthouse at dawn.",
        ),
        (
            "CLIPTextEncodeSD3",
            {"clip_l": WANTED, "clip_g": WANTED, "t5xxl": WANTED},
            {"clip_l": "", "clip_g": "", "t5xxl": ""},
            WANTED,
        ),
        (
            "CLIPTextEncodeSDXL",
            {"text_g": "a lighthouse", "text_l": "dawn", "width": 1024},
            {"text_g": UNWANTED, "text_l": UNWANTED},
            "a lighthouse\ndawn",
        ),
        ("CLIPTextEncodeFlux", {"clip_l": "a", "t5xxl": "b", "guidance": 3.5}, {"clip_l": "", "t5xxl": ""}, "a\nb"),
    ],
)
def test_the_texts_that_reach_the_samplers_positive_input_are_the_prompt(
    kind: str, wanted: dict[str, object], unwanted: dict[str, object], prompt: str
) -> None:
    assert of_graph(encoders(kind, wanted, unwanted)) == prompt


def test_a_text_may_come_through_other_nodes() -> None:
    graph = encoders("CLIPTextEncode", {"text": ["20", 0]}, {"text": UNWANTED})
    graph["20"] = node(
        "StringConcatenate", string_a=["21", 0], string_b="film grain", delimiter=", ", not_negative=["7", 0]
    )
    graph["21"] = node("PrimitiveString", value="a lighthouse at dawn")
    assert of_graph(graph) == "a lighthouse at dawn\nfilm grain"


def test_a_node_that_hands_on_both_prompts_is_followed_by_the_output_that_is_used() -> None:
    graph = encoders("CLIPTextEncode", {"text": WANTED}, {"text": UNWANTED})
    graph["10"] = node(
        "ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], control_net=["11", 0], image=["12", 0]
    )
    graph["12"] = node("CLIPTextEncode", text="not the image's")
    graph["3"]["inputs"] |= {"positive": ["10", 0], "negative": ["10", 1]}  # type: ignore[operator]
    assert of_graph(graph) == WANTED
    graph["3"]["inputs"] |= {"positive": ["10", 1], "negative": ["10", 0]}  # type: ignore[operator]
    assert of_graph(graph) == UNWANTED


def test_a_loader_that_holds_both_texts_gives_the_positive_one() -> None:
    graph: Graph = {
        "1": node("Efficient Loader", ckpt_name="x", positive=WANTED, negative=UNWANTED),
        "2": node("KSampler (Efficient)", model=["1", 0], positive=["1", 1], negative=["1", 2]),
    }
    assert of_graph(graph) == WANTED


def test_prompts_that_are_combined_all_count_and_a_guider_is_a_sampler_too() -> None:
    graph: Graph = {
        "1": node("SamplerCustomAdvanced", guider=["2", 0], noise=["9", 0]),
        "2": node("BasicGuider", model=["8", 0], conditioning=["3", 0]),
        "3": node("ConditioningCombine", conditioning_1=["4", 0], conditioning_2=["5", 0]),
        "4": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
        "5": node("CLIPTextEncode", text="dawn"),
        "6": node("CLIPTextEncode", text="a lighthouse"),
        "7": node("CLIPTextEncode", text=UNWANTED),
    }
    assert of_graph(graph) == "a lighthouse\ndawn"


def test_without_a_sampler_all_texts_count_but_those_called_negative() -> None:
    graph: Graph = {
        "1": node("CLIPTextEncode", "Positive", text=WANTED),
        "2": node("CLIPTextEncode", "CLIP Text Encode (Negative Prompt)", text=UNWANTED),
        "3": node("SaveImage", filename_prefix="x"),
    }
    assert of_graph(graph) == WANTED


def test_a_graph_that_bites_its_tail_and_a_long_one_are_walked_to_the_end() -> None:
    graph: Graph = {str(n): node("ConditioningSetArea", conditioning=[str(n + 1), 0]) for n in range(2000)}
    graph["2000"] = node("ConditioningCombine", conditioning_1=["0", 0], conditioning_2=["2001", 0])
    graph["2001"] = node("CLIPTextEncode", text=WANTED)
    graph["s"] = node("KSampler", positive=["0", 0], negative=["gone", 0])
    assert of_graph(graph) == WANTED


def workflow(wanted: str, unwanted: str) -> dict[str, object]:
    """As the editor keeps it: texts are widgets, links are a list."""
    return {
        "last_node_id": 9,
        "nodes": [
            {"id": 6, "type": "CLIPTextEncode", "inputs": [{"name": "clip", "link": 3}], "widgets_values": [wanted]},
            {
                "id": 7,
                "type": "CLIPTextEncode",
                "inputs": [{"name": "clip", "link": 5}, {"name": "text", "widget": {"name": "text"}, "link": None}],
                "widgets_values": [unwanted],
            },
            {
                "id": 3,
                "type": "KSampler",
                "inputs": [
                    {"name": "model", "link": 1},
                    {"name": "positive", "link": 4},
                    {"name": "negative", "link": 6},
                ],
                "widgets_values": [1, "fixed", 20, 8, "euler", "normal", 1],
            },
        ],
        "links": [[4, 6, 0, 3, 1, "CONDITIONING"], [6, 7, 0, 3, 2, "CONDITIONING"], [3, 4, 1, 6, 0, "CLIP"]],
    }


def test_a_workflow_alone_gives_its_prompt_too() -> None:
    assert of(workflow=json.dumps(workflow(WANTED, UNWANTED))).prompt == WANTED
    assert of(workflow=json.dumps(workflow(UNWANTED, WANTED))).prompt == UNWANTED


@pytest.mark.parametrize("compressed", [False, True])
def test_a_workflow_of_two_megabytes_is_read(compressed: bool) -> None:
    large = workflow(WANTED, UNWANTED) | {"extra": {"notes": "x" * 2_000_000}}
    data = headers.png({"workflow": json.dumps(large)}, compressed)
    before = time.process_time()
    assert read(decode(data).header, "a.png").prompt == WANTED
    assert time.process_time() - before < 30  # that is: it ends


def test_comfyui_writes_into_webp_where_a_camera_writes_its_name() -> None:
    graph = encoders("CLIPTextEncode", {"text": WANTED}, {"text": UNWANTED})
    exif = headers.exif({0x0110: "prompt:" + json.dumps(graph), 0x010F: "workflow:" + json.dumps(workflow("x", "y"))})
    found = read(decode(pictures.encoded(pictures.scene(1), "WEBP", exif=exif)).header, "a.webp")
    assert (found.prompt, found.camera) == (WANTED, None)


def test_a_graph_wrapped_in_the_comment_of_a_jpeg_is_found() -> None:
    graph = encoders("CLIPTextEncode", {"text": WANTED}, {"text": UNWANTED})
    for said in (
        {"prompt": graph, "workflow": {}},
        {"prompt": json.dumps(graph)},
        {"workflow": workflow(WANTED, UNWANTED)},
    ):
        exif = headers.exif(inner={0x9286: b"UNICODE\0" + json.dumps(said).encode("utf-16-be")})
        assert read(decode(headers.jpeg(exif)).header, "a.jpg").prompt == WANTED


# -- InvokeAI, NovelAI and others


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("invokeai_metadata", {"positive_prompt": WANTED, "negative_prompt": UNWANTED, "app_version": "5.4.2"}),
        ("sd-metadata", {"model": "x", "image": {"prompt": [{"prompt": f"{WANTED} [{UNWANTED}]", "weight": 1.0}]}}),
        ("sd-metadata", {"model": "x", "image": {"prompt": f"{WANTED} [{UNWANTED}]"}}),
        ("Comment", {"prompt": WANTED, "uc": UNWANTED, "steps": 28, "sampler": "k_euler"}),
        (
            "Comment",
            {
                "prompt": "ignored, the captions have all of it",
                "uc": UNWANTED,
                "v4_prompt": {
                    "caption": {"base_caption": "a lighthouse", "char_captions": [{"char_caption": "a keeper"}]}
                },
                "v4_negative_prompt": {"caption": {"base_caption": UNWANTED, "char_captions": []}},
            },
        ),
    ],
)
def test_invokeai_and_novelai_keep_their_prompts_in_json(key: str, said: dict[str, object]) -> None:
    found = read(decode(headers.png({key: json.dumps(said)})).header, "a.png")
    assert found.prompt == ("a lighthouse\na keeper" if "v4_prompt" in said else WANTED)
    assert (found.caption, found.notes) == (None, ())


@pytest.mark.parametrize("text", [f'"{WANTED} [{UNWANTED}]" -s 50 -S 42 -W 512', f"{WANTED} -s50 -S42", f'"{WANTED}"'])
def test_the_oldest_invokeai_keeps_a_command(text: str) -> None:
    assert read(decode(headers.png({"Dream": text})).header, "a.png").prompt == WANTED


def test_novelai_also_writes_a_description_and_a_title_that_is_none() -> None:
    texts = {"Title": "AI generated image", "Description": WANTED, "Software": "NovelAI", "Comment": '{"steps": 28}'}
    found = read(decode(headers.png(texts)).header, "a.png")
    assert (found.prompt, found.title, found.caption) == (WANTED, None, None)


def test_a_plain_description_is_a_prompt_and_a_plain_comment_a_caption() -> None:
    found = read(decode(headers.png({"Description": WANTED, "Comment": "for the calendar"})).header, "a.png")
    assert (found.prompt, found.caption) == (WANTED, "for the calendar")


def test_draw_things_keeps_its_prompt_in_xmp() -> None:
    said = json.dumps({"c": WANTED, "uc": UNWANTED, "steps": 8}).replace('"', "&quot;")
    packet = headers.xmp(headers.bag("exif:UserComment", said, kind="Alt"))
    assert read(decode(headers.jpeg(xmp_packet=packet)).header, "a.jpg").prompt == WANTED


# -- odd ones


@pytest.mark.parametrize(
    ("texts", "note"),
    [
        ({"prompt": '{"3": {"class_type": "KSampler"'}, "prompt: not JSON (Expecting ',' delimiter"),
        ({"prompt": "{" + '"a":{' * 100_000}, "prompt: "),
        ({"workflow": '{"nodes": [' + "[" * 100_000}, "workflow: "),
        ({"sd-metadata": "null and void"}, "sd-metadata: not JSON"),
    ],
)
def test_broken_json_is_a_note_and_the_next_text_is_asked(texts: dict[str, str], note: str) -> None:
    found = read(decode(headers.png(texts | {"Description": WANTED})).header, "a.png")
    assert found.prompt == WANTED
    assert len(found.notes) == 1 and found.notes[0].startswith(note)


@pytest.mark.parametrize(
    "said",
    [
        *(
            [],
            1,
            None,
            "x",
            {},
            {"1": None},
            {"1": {"class_type": None, "inputs": 3}},
            {"nodes": [None, 1, {"id": []}]},
        ),
        *({"nodes": [{"id": 1, "inputs": [{"link": []}]}], "links": [[{}, 1, 2], {"id": {}}, 5]},),
        {"1": {"class_type": "KSampler", "inputs": {"positive": [[], 0], "negative": [{}, 0]}}},
        {"1": {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "negative": ["1", 1]}}},
        {"1": {"class_type": "KSampler", "inputs": {"positive": ["1", {}]}}},
        {"image": {"prompt": [None, 3, {"prompt": 4}]}, "v4_prompt": {"caption": {"char_captions": [1]}}},
    ],
)
def test_json_of_any_other_shape_is_no_prompt_and_no_fault(said: object) -> None:
    for key in ("prompt", "workflow", "invokeai_metadata", "sd-metadata"):
        found = read(decode(headers.png({key: json.dumps(said)})).header, "a.png")
        assert found.notes == ()
        assert found.prompt is None or (key == "prompt" and not isinstance(said, dict))


def test_a_prompt_of_a_megabyte_is_cut() -> None:
    found = of(parameters="tree, " * 200_000 + f"\nNegative prompt: {UNWANTED}")
    assert len(found.prompt or "") <= 20_000
