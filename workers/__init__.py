"""The Celery tasks and the reconciler: what works through a job."""

import gc
import os

# Before numpy is loaded: a BLAS thread a core in every worker fights the other workers for the cores, and a product of
# 256 columns takes ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# A round's rows live until it is settled; at Python's threshold of 700 they are walked again and again for nothing.
gc.set_threshold(50_000, 20, 20)
