"""Exact search by faiss's IndexFlatIP over unit vectors: the other side of the exact search benchmark.

python exact_search_faiss.py VECTORS ROWS QUERIES DIMENSION DEPTH THREADS

VECTORS holds float32 rows; the first QUERIES of them are searched among all. Says {"version"} as a line of JSON when it
is ready, and then for every line it reads, searches once and says {"seconds", "cpu", "first"}: the neighbours of the first
query. Unit vectors are made before, and not counted. Needs faiss and numpy. Not for nice: threads wait for each other.
"""
import json, sys, time
import faiss
import numpy as np

path, rows, queries, dimension, depth, threads = sys.argv[1], *map(int, sys.argv[2:])
faiss.omp_set_num_threads(threads)
vectors = np.fromfile(path, dtype=np.float32).reshape(rows, dimension)
faiss.normalize_L2(vectors)
index = faiss.IndexFlatIP(dimension)
index.add(vectors)
wanted = vectors[:queries].copy()
del vectors

def say(what):
    print(json.dumps(what), flush=True)

say({"version": faiss.__version__})
for _ in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    _, neighbours = index.search(wanted, depth)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    say({"seconds": seconds, "cpu": cpu, "first": neighbours[0].tolist()})
