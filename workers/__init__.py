"""The Celery tasks and the reconciler: what works through a job."""

import os

# Before numpy is loaded: a BLAS thread a core in every worker fights the other workers for the cores, and a product of
# 256 columns takes ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
