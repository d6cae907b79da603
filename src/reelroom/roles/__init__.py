"""What a process of Reelroom can be: the parts, wired together."""
