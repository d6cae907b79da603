"""`python -m reelroom` is the command line."""

from reelroom.cli import main

main()
