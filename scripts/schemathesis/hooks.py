"""What OpenAPI cannot say about a request, for `node scripts/check-api.mjs`.

Schemathesis makes requests from the document alone. It cannot know which collections and items there are, what a picture looks
like inside, or that two fields must agree: this file says so, for the requests that are meant to be accepted ("positive" ones).
"""

import base64
import json
import os
import random
import re
import struct
import time
import uuid
import zlib

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.specs.openapi.coverage import _schema as coverage

# Not the global one, which Hypothesis sets back for every request.
chance = random.Random(1)
BASE = os.environ["SNAPSHELF_URL"].rstrip("/")
SHOP = BASE + "/v1/collections/shop"
session = requests.Session()
session.headers["X-Api-Key"] = os.environ["SNAPSHELF_KEY"]


def png(red, green, blue):
    """Returns a picture of one colour, 8 x 8."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([red, green, blue]) * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURES = [png(200, 10, 10), png(10, 200, 10), png(10, 10, 200), png(90, 90, 0)]
TEXTS = [base64.b64encode(picture).decode() for picture in PICTURES]
# The phase of coverage asks a library whether a schema takes a value, and that library does not know the files of a form.
judge_of = coverage._judge


def tolerant(schema, context):
    judge = judge_of(schema, context)

    def is_valid(value):
        try:
            return judge(value)
        except ValueError as error:
            if "Binary" in str(error):
                return True
            raise

    return judge and is_valid


coverage._judge = tolerant
# A picture cannot be described by a pattern.
schemathesis.openapi.format("picture", st.sampled_from(TEXTS))
schemathesis.openapi.format("binary", st.sampled_from(PICTURES))

IDS = ["mug-1.png", "mug-2.png", "plate.png"]
# Nobody listens there: what is sent to it waits, and is not needed.
RECEIVER = "http://127.0.0.1:9/hook"


def put_item(name, number=0):
    session.put(f"{SHOP}/items/{name}", json={"image": TEXTS[number % 4], "label": "mug", "productId": "mug"})


def seed():
    """Makes what the requests speak of; what is there already stays."""
    if session.get(SHOP).json().get("items", 0) >= 6:
        return
    session.put(SHOP, json={"metric": "cosine"})
    for number, name in enumerate([*IDS, "batch", "delete", "vectors"]):
        put_item(name, number)


def cancel_evaluations():
    """Empties the queue of evaluations, in which 16 may wait."""
    for waiting in session.get(SHOP + "/evaluations").json()["evaluations"]:
        if waiting["state"] in ("queued", "running"):
            session.delete(f"{SHOP}/evaluations/{waiting['id']}")


def job(needs_report=False):
    """Returns the id of an evaluation, a new one if there is none."""
    known = session.get(SHOP + "/evaluations").json()["evaluations"]
    fitting = [one["id"] for one in known if one["state"] == "done" or not needs_report]
    if fitting:
        return fitting[0]
    cancel_evaluations()
    started = session.post(SHOP + "/evaluations", json={"ks": [1], "index": False}).json()["id"]
    while needs_report and session.get(f"{SHOP}/evaluations/{started}").json()["state"] in ("queued", "running"):
        time.sleep(0.05)
    return started


def calibrated():
    """Returns the name of a calibrated collection: one of its own, since the shop has too few items."""
    name = "calibrated"
    path = f"{BASE}/v1/collections/{name}"
    if session.get(path + "/calibration/report").status_code == 200:
        return name
    made = session.put(path, json={"metric": "cosine"}).json()
    rows = [[chance.uniform(-1, 1) for _ in range(made["dimension"])] for _ in range(12)]
    # Two items of each product, the second a little aside.
    vectors = [[value + 0.01 * at * chance.uniform(-1, 1) for value in row] for row in rows for at in (0, 1)]
    items = [{"id": str(at), "productId": str(at // 2)} for at in range(len(vectors))]
    files = {
        "vectors": ("vectors.f32", b"".join(struct.pack(f"<{len(row)}f", *row) for row in vectors)),
        "items": ("items.jsonl", "\n".join(json.dumps(item) for item in items).encode()),
    }
    session.post(path + "/items/vectors", files=files, data={"model": made["modelName"]})
    session.post(path + "/calibration", json={})
    while session.get(path + "/calibration").json().get("state") == "running":
        time.sleep(0.05)
    return name


def webhook():
    """Returns the id of a webhook, a new one if there is none, or if there are nearly as many as there may be."""
    known = [one["id"] for one in session.get(BASE + "/v1/webhooks").json()["webhooks"]]
    if len(known) > 15:
        for one in known:
            session.delete(f"{BASE}/v1/webhooks/{one}")
        known = []
    if known:
        return known[0]
    return session.post(BASE + "/v1/webhooks", json={"url": RECEIVER}).json()["id"]


def delivery(of):
    """Returns the id of a delivery of a webhook, a new one if there is none."""
    known = session.get(f"{BASE}/v1/webhooks/{of}/deliveries").json()["deliveries"]
    if known:
        return known[0]["id"]
    return session.post(f"{BASE}/v1/webhooks/{of}/test").json()["id"]


def is_positive(case):
    return case.meta is None or case.meta.generation.mode.is_positive


def is_stateful(case):
    return case.meta is not None and case.meta.phase.name == "stateful"


def sync(body, name, weights, filler):
    """Weights and crops are as many as what they belong to: JSON Schema cannot compare two lengths."""
    if isinstance(body.get(weights), list):
        wanted = len(body.get(name, []))
        body[weights] = (body[weights] + [filler] * wanted)[:wanted]


def inside(crop):
    """A crop lies inside its picture, whose size JSON Schema does not know."""
    if isinstance(crop, dict):
        crop.update(unit="pixels", left=1, top=1, width=4, height=5)


def exact(value):
    """Whole numbers that JSON readers round are refused, and NUL in keys: both would have to be said at every depth."""
    if isinstance(value, dict):
        return {key.replace("\0", ""): exact(part) for key, part in value.items()}
    if isinstance(value, list):
        return [exact(part) for part in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return 7
    return value


def fit(condition, types):
    """A field has the type of the values that it was first stored with, which only the collection knows: a number compared with a
    field of texts is refused, since the answer could only be wrong."""
    if not isinstance(condition, dict):
        return condition
    if "field" not in condition:
        return {key: [fit(one, types) for one in part] if isinstance(part, list) else fit(part, types) for key, part in condition.items()}
    name = condition["field"]
    type_of = types.get(name.removeprefix("metadata.")) if name.startswith("metadata.") else None
    bounds = condition.keys() & {"gt", "gte", "lt", "lte"}
    if type_of is None or not (bounds or "prefix" in condition):
        return condition
    if type_of == "number" and bounds:
        return {"field": name, **{bound: 7 for bound in bounds}}
    if type_of == "text":
        return {key: str(value) for key, value in condition.items()}
    return {"field": name, "exists": True}


def types_of(collection):
    """Returns the types of the fields of a collection."""
    return session.get(f"{BASE}/v1/collections/{collection}").json().get("fields", {})


def in_form(body):
    """Fills in the lists of a form, which are JSON in a text: schemathesis reads no `contentSchema`."""
    lists = {
        "items": [{"id": f"item-{at}"} for at, _ in enumerate(body.get("images", []))],
        "images": body.get("images", []),
        "crops": [{"unit": "fractions", "left": 0, "top": 0, "width": 0.5, "height": 1}, None],
        "imageWeights": [1.5, -0.25],
        "itemWeights": [0.75],
        "itemIds": IDS[:2],
        "vector": [1],
        "exclude": ["plate.png"],
        "excludeProducts": ["plate"],
        "sort": [{"field": "label", "order": "desc"}],
    }
    return {name: lists.get(name, value) if isinstance(value, str) else value for name, value in body.items()}


def mend_facets(body):
    """Bounds of ranges rise, which JSON Schema cannot say."""
    for facet in body.get("fields", []):
        if isinstance(facet.get("ranges"), list):
            facet["ranges"] = sorted(set(facet["ranges"]))


def mend_search(body):
    """Makes a search that has an answer: with items that there are and numbers that agree."""
    if "itemId" in body:
        body["itemId"] = chance.choice(IDS)
    if "itemIds" in body:
        # Pictures and items together are at most 16.
        kept = body["itemIds"][: max(1, 16 - len(body.get("images", [])))]
        body["itemIds"] = [chance.choice(IDS) for _ in kept]
        if "images" in body:
            body["images"] = body["images"][:15]
    sync(body, "images", "imageWeights", 1)
    sync(body, "images", "crops", None)
    sync(body, "itemIds", "itemWeights", 1)
    for crop in [body.get("crop"), *(body.get("crops") or [])]:
        inside(crop)
    # The collection says how long a vector is; under cosine it must not be of zeros.
    if "vector" in body:
        body["vector"] = [chance.uniform(-1, 1) for _ in range(session.get(SHOP).json()["dimension"])]
    mend_facets(body.get("facets", {}))
    # A cursor is a field `next` of a page, of the same search.
    body.pop("after", None)


def mend_body(operation, body, is_form):
    if operation == "search":
        mend_search(body)
    elif operation == "searchBatch":
        for search in body.get("searches", []):
            mend_search(search)
    elif operation in ("embed", "compare"):
        sync(body, "images", "crops", None)
        for crop in [body.get("crop"), *(body.get("crops") or [])]:
            inside(crop)
        if "collection" in body:
            body["collection"] = "shop"
    elif operation == "updateItems":
        # Two entries of one id are refused: JSON Schema has no such rule for a field.
        body["items"] = [{**entry, "id": name} for entry, name in zip(body["items"], IDS)]
    elif operation == "getFacets":
        mend_facets(body)
    elif operation == "deleteItems" and "filter" in body:
        # A filter that lets every item through, such as an empty "and", deletes nothing.
        body["filter"] = {"and": [{"field": "label", "equals": "mug"}, body["filter"]]}
    elif operation == "createWebhook":
        # The operator says where webhooks may be sent.
        body["url"] = RECEIVER
        webhook()
    elif operation == "startEvaluation":
        if "manifest" in body:
            body["manifest"] = [{**entry, "id": name} for entry, name in zip(body["manifest"], IDS)]
    elif operation == "startDuplicates":
        body.setdefault("threshold", 0.9)
    if operation in ("embed", "compare", "startReindex", "createCollection", "startEvaluation"):
        # The names of models are those of the server; its model has no probabilities, which weak metrics need.
        body.pop("model", None)
        if "metrics" in body:
            body["metrics"] = ["cosine", "l2"]
        if "weak" in str(body.get("metric")):
            body["metric"] = "l2"
        body.pop("metricOptions", None)
    if operation == "createCollection":
        # The collection may be there, with the model of the server.
        body.pop("vectorsOf", None)
    if operation == "putVectors":
        # JSON Schema does not know what is in a file: one row, of the length and the model of the collection.
        shop = session.get(SHOP).json()
        body["model"] = shop["modelName"]
        body["vectors"] = struct.pack(f"<{shop['dimension']}f", *[chance.uniform(-1, 1)] * shop["dimension"])
        body["items"] = json.dumps({"id": chance.choice(IDS), "label": "mug", "productId": "mug"}).encode()
    if operation == "putItems" and is_form:
        # Files of one name need ids, and schemathesis names them all alike.
        body["items"] = [{"id": f"item-{at}"} for at, _ in enumerate(body.get("images", []))]
    elif operation == "putItems":
        # Two entries of one id are refused here too.
        body["items"] = [{**entry, "id": f"item-{at}"} for at, entry in enumerate(body["items"])]
    # Fetching is off by default: the address of a picture is refused.
    if "url" in body and operation != "createWebhook":
        del body["url"]
        body["image"] = PICTURES[0] if is_form else TEXTS[0]


def mend(case):
    """Mends a body in place: one that is set anew counts as another one, which schemathesis judges again, and its files as no texts."""
    if not isinstance(case.body, dict):
        return
    operation = case.operation.definition.raw["operationId"]
    body = case.body
    is_form = case.media_type == "multipart/form-data"
    body.update(exact(in_form(body) if is_form else body))
    mend_body(operation, body, is_form)
    for part in [body, *body.get("searches", [])] if not is_form else []:
        for name in ("filter", "query", "gallery"):
            if name in part:
                part[name] = fit(part[name], types_of(case.path_parameters["collection"]))
    if is_form:
        # The examples of JSON have pictures in base64, which are no files.
        if "image" in body:
            body["image"] = chance.choice(PICTURES)
        for name in body.keys() - {"image", "images", "vectors"}:
            if isinstance(body[name], list):
                body[name] = json.dumps(body[name])


@schemathesis.hook
def map_case(context, case):
    """Mends the requests that are meant to be accepted; three quarters of them are about what there is."""
    operation = case.operation.definition.raw["operationId"]
    path = case.path_parameters
    if path and path.get("id") in ("batch", "delete", "vectors"):
        # Their addresses are those of other operations too.
        path["id"] = IDS[0]
    if not is_positive(case):
        return case
    if path and chance.random() < 0.75:
        if "collection" in path:
            path["collection"] = "shop"
        if "id" in path:
            path["id"] = chance.choice(IDS)
        if "evaluation" in path:
            seed()
            path["evaluation"] = job(needs_report=operation == "getReport")
        if operation == "getCalibrationReport":
            path["collection"] = calibrated()
        if "webhook" in path:
            path["webhook"] = webhook()
        if "delivery" in path:
            path["delivery"] = delivery(path["webhook"])
    if operation == "getDuplicates":
        # Only under cosine there is a default.
        case.query = {"threshold": 0.9, **(case.query or {})}
    if isinstance(case.query, dict):
        # A cursor is a field `next` of a page, of the same list.
        case.query.pop("after", None)
        if isinstance(case.body, dict):
            # A field that stands in the body too is refused.
            for name in case.query.keys() & case.body.keys():
                del case.query[name]
        if "filter" in case.query:
            sent = case.query["filter"]
            asked = json.loads(sent) if isinstance(sent, str) else sent
            asked = fit(exact(asked), types_of(path["collection"]))
            case.query["filter"] = json.dumps(asked) if isinstance(sent, str) else asked
    if case.headers is not None and "If-Match" in case.headers:
        # The phase of coverage makes up a text where it knows none of a pattern.
        if not re.fullmatch(r'\*|"[A-Za-z0-9_-]{22}"', str(case.headers["If-Match"])):
            case.headers["If-Match"] = "*"
        # OpenAPI cannot say that two headers exclude each other.
        case.headers.pop("If-None-Match", None)
    if case.headers is not None and "Idempotency-Key" in case.headers:
        # A key belongs to one request.
        case.headers["Idempotency-Key"] = str(uuid.UUID(int=chance.getrandbits(128)))
    mend(case)
    return case


@schemathesis.deserializer("application/x-ndjson")
def lines(context, response):
    return [json.loads(line) for line in response.content.splitlines()]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts back what earlier requests deleted."""
    operation = case.operation.definition.raw["operationId"]
    if is_stateful(case):
        # What it deletes has to stay so.
        return
    seed()
    if case.meta is not None and case.meta.phase.name == "examples" and isinstance(case.body, dict):
        # They are sent as they stand, without what `map_case` mends.
        if case.media_type == "multipart/form-data" and "image" in case.body:
            case.body["image"] = PICTURES[0]
        if operation == "createWebhook":
            case.body["url"] = RECEIVER
        if operation == "deleteItems" and "filter" in case.body:
            case.body["filter"] = {"field": "label", "equals": "mug"}
        if operation == "putItems" and case.media_type == "multipart/form-data" and "items" not in case.body:
            # Files of one name need ids. Not in the body, whose list of files would be judged anew, as texts.
            kwargs["files"] = [("images", ("images.png", PICTURES[0], "image/png"))]
    if operation == "deleteDuplicates":
        session.post(SHOP + "/duplicates", json={})
    name = (case.path_parameters or {}).get("id")
    if operation == "startEvaluation":
        cancel_evaluations()
    if name in IDS and operation in ("getItem", "updateItem", "deleteItem", "getImage", "getThumbnail"):
        put_item(name)
    for name in ("batch", "delete", "vectors"):
        if operation.endswith("Item" + name.capitalize()):
            put_item(name)


@schemathesis.hook
def after_call(context, case, response):
    with open(os.environ["SNAPSHELF_CALLS"], "a") as file:
        line = [case.operation.definition.raw["operationId"], is_positive(case), response.status_code]
        file.write(json.dumps(line) + "\n")
