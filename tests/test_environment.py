"""What children of the server may see of its environment."""

from reelroom.processes.environment import for_children


def test_no_setting_and_no_secret_reaches_a_child() -> None:
    secret = {
        "REELROOM_ADMIN_TOKEN": "geheim",
        "REELROOM_DATABASE_URL": "postgresql://user:geheim@host/db",
        "AWS_SECRET_ACCESS_KEY": "geheim",
        "PGPASSWORD": "geheim",
        "LD_PRELOAD": "/tmp/x.so",
    }
    needed = {"PATH": "/bin", "LANG": "de_DE.UTF-8", "LC_ALL": "C", "OMP_NUM_THREADS": "1", "HOME": "/home/reelroom"}
    assert for_children({**secret, **needed}) == needed
