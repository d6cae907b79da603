"""`python -m reelroom` is the command line."""

from reelroom.cli.main import main

main()
