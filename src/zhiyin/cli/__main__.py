from zhiyin.cli.main import run

run()
