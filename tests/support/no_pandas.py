"""With each value that it is given DuckDB looks for pandas, which takes longest of all: it hears that there is none."""

import sys

sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType] (which is what None says)
