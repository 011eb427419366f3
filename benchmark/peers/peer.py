"""Other engines, as a process that is asked: python peer.py VECTORS ROWS QUERIES DIMENSION

VECTORS holds float32[ROWS + QUERIES, DIMENSION], unit vectors; the last QUERIES of them are the queries. Says {} as
a line of JSON when it is ready. Then answers each line, a JSON object:
  {"do": "versions"}                                   {"versions"}: the packages that can be imported
  {"do": "build", "engine", "threads"}                 {"seconds", "bytes"}: resident memory that the index added
  {"do": "search", "engine", "k", "ef", "threads"}     {"ms": [a query], "found": [[rows]]}: one query after the other
  {"do": "batch", "engine", "k", "ef", "threads"}      {"seconds", "found"}: all queries in one call
  {"do": "replace", "engine", "share", "round", "threads"}   {"seconds"}: so many removed, as many others added
Cosine throughout. Graphs have M 16 and a width of 200 while they are built, as this project's.
"""
import json, os, sys, time

try:
    import numpy as np
except ImportError:
    sys.exit("numpy is not installed for this Python")

path, rows, count, dimension = sys.argv[1], *map(int, sys.argv[2:])
vectors = np.fromfile(path, dtype=np.float32).reshape(rows + count, dimension)
gallery, queries = vectors[:rows], vectors[rows:]
built = {}
versions = {}
try:
    import faiss
    versions["faiss"] = faiss.__version__
except ImportError:
    pass
try:
    import hnswlib
    from importlib.metadata import version
    versions["hnswlib"] = version("hnswlib")
except ImportError:
    pass
try:
    import usearch
    from usearch.index import Index
    versions["usearch"] = usearch.__version__ if hasattr(usearch, "__version__") else "installed"
except ImportError:
    pass


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def build(engine, threads):
    if engine == "faiss":
        faiss.omp_set_num_threads(threads)
        index = faiss.IndexFlatIP(dimension)
        index.add(gallery)
    elif engine == "hnswlib":
        index = hnswlib.Index(space="ip", dim=dimension)
        index.init_index(max_elements=rows + rows // 2, M=16, ef_construction=200, allow_replace_deleted=True)
        index.add_items(gallery, np.arange(rows), num_threads=threads)
    else:
        dtype = engine.removeprefix("usearch-")
        index = Index(ndim=dimension, metric="cos", dtype=dtype, connectivity=16, expansion_add=200)
        index.add(np.arange(rows), gallery, threads=threads)
    built[engine] = index


def search(engine, k, ef, threads, some):
    index = built[engine]
    if engine == "faiss":
        faiss.omp_set_num_threads(threads)
        return index.search(some, k)[1]
    if engine == "hnswlib":
        index.set_ef(max(ef, k))
        return index.knn_query(some, k=k, num_threads=threads)[0]
    index.expansion_search = ef
    return index.search(some, k, threads=threads).keys.reshape(len(some), -1)


def replace(engine, share, round, threads):
    index = built[engine]
    gone = np.arange(int(rows * share)) + int(rows * share) * round
    gone %= rows
    fresh = vectors[gone]
    if engine == "hnswlib":
        for key in gone:
            index.mark_deleted(int(key))
        index.add_items(fresh, gone, num_threads=threads, replace_deleted=True)
    else:
        index.remove(gone)
        index.add(gone, fresh, threads=threads)


def answer(task):
    if task["do"] == "versions":
        return {"versions": versions}
    engine, threads = task["engine"], task.get("threads", 1)
    start = time.perf_counter()
    if task["do"] == "build":
        before = resident()
        build(engine, threads)
        return {"seconds": time.perf_counter() - start, "bytes": resident() - before}
    if task["do"] == "replace":
        replace(engine, task["share"], task["round"], threads)
        return {"seconds": time.perf_counter() - start}
    k, ef = task["k"], task.get("ef", 64)
    if task["do"] == "batch":
        found = search(engine, k, ef, threads, queries)
        return {"seconds": time.perf_counter() - start, "found": found.tolist()}
    ms, found = [], []
    for i in range(count):
        start = time.perf_counter()
        found.append(search(engine, k, ef, threads, queries[i : i + 1])[0].tolist())
        ms.append(1000 * (time.perf_counter() - start))
    return {"ms": ms, "found": found}


print("{}", flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
