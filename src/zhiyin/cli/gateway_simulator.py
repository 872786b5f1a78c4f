"""``zhiyin gateway-simulator``: every message gateway on this machine, to try the whole loop without an account."""

import signal
from threading import Event

import click

from zhiyin.cli.frame import BadInput


@click.command("gateway-simulator")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8900, show_default=True, help="HTTP; 0 takes a free one.")
@click.option("--smpp-port", default=2775, show_default=True, help="SMPP; 0 takes a free one.")
@click.option("--survey-url", default="http://127.0.0.1:8000", show_default=True, help="What links begin with.")
@click.option("--receipt-after", default=1.0, show_default=True, help="Seconds until a receipt is sent back.")
@click.option("--callback", multiple=True, metavar="DIALECT=URL", help="Where receipts and replies go.")
def gateway_simulator_command(
    host: str, port: int, smpp_port: int, survey_url: str, receipt_after: float, callback: tuple[str, ...]
) -> None:
    """A gateway that speaks every dialect, shows what arrived on a phone, and misbehaves on demand."""
    from zhiyin.messaging.simulator.server import Simulator  # noqa: PLC0415  (so that `--help` is instant)
    from zhiyin.messaging.simulator.world import World  # noqa: PLC0415

    world = World(base_url=survey_url, receipt_after=receipt_after)
    for given in callback:
        name, mark, url = given.partition("=")
        if not mark:
            raise BadInput(
                f"--callback {given}: write it as DIALECT=URL, as in aliyun=http://127.0.0.1:8000/gateways/…"
            )
        world.callbacks[name] = url
    try:
        simulator = Simulator(host=host, port=port, smpp_port=smpp_port, world=world)
    except OSError as taken:
        raise BadInput(f"--port: {taken.strerror}: {host}:{port} or :{smpp_port}") from taken
    stop = Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    with simulator:
        click.echo(f"http://{host}:{simulator.port}/  SMPP {host}:{simulator.smpp_port}  (Ctrl-C ends it)")
        while not stop.wait(0.5):  # in turns: a signal that another thread takes wakes nobody who waits for ever
            continue
