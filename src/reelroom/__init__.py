"""Reelroom: video rooms that record themselves; record first, cut afterwards."""

import gc
import os

# Each recording starts programs of ours. Looking for garbage at every 700th object, as Python does, is a fifth of
# what importing their modules takes; NumPy's BLAS would start a thread a core, which spin, for products of 14 x 257.
gc.set_threshold(20_000, 10, 10)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if "REELROOM_FENCED_FROM" in os.environ:  # before anything else is imported: some modules start threads
    from reelroom.processes.fence import put_on_if_told

    put_on_if_told()
