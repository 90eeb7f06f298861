"""What is compiled where there is a C compiler; pyproject.toml says the rest."""

import os
from pathlib import Path

from setuptools import Extension, setup

# Vectors gain nothing here, and with them GCC 12 was once seen to drop documents.
FLAGS = ["-O2", "-fno-tree-vectorize"]

setup(
    options={"build_ext": {"parallel": os.cpu_count()}},
    ext_modules=[
        Extension(
            ".".join(path.with_suffix("").parts),
            [str(path)],
            depends=[str(shared) for shared in path.parent.glob("*.pxd")],
            extra_compile_args=FLAGS,
            optional=True,  # NumPy and Python do the same, more slowly
        )
        for path in sorted(Path("indexer").rglob("*.pyx"))
    ],
)
