"""The part of CSS that a custom layout may use."""
