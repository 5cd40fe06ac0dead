"""The class at work. Ends with 0 when all figures agree, 1 when they do not (the differences are named), 2 when it cannot run."""

import argparse
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from demo import accounts, progress, table, verdict
from demo.cast import Character, cast
from demo.desk import Desk
from demo.server import Problem, Refusal, Server, Unreachable

INTERRUPTED = 130


def main() -> int:
    options = _options()
    stop = threading.Event()
    try:
        return run(options, stop)
    except (Refusal, Problem, Unreachable) as refusal:
        print(f"xueshi: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        stop.set()
        print("\nxueshi: the demo was stopped", file=sys.stderr)
        return INTERRUPTED


def run(options: argparse.Namespace, stop: threading.Event) -> int:
    server = Server(options.url)
    _look(server)
    people = accounts.read(options.accounts)
    if len(people) < options.teachers:
        raise Refusal(f"{options.accounts} has {len(people)} teachers, not {options.teachers}")
    roles = cast(options.teachers)
    print(f"示范项目·快：{len(roles)} 位虚构的教师一起学习 {options.seconds:.0f} 秒（{server.url}）", flush=True)
    show = progress.Progress()
    desks = _sign_in(server, people[: len(roles)], options, stop, show)
    interrupted = _study(desks, roles, options.seconds, stop, show)
    print(flush=True)
    print(*table.of_class([(d.name, r, verdict.got(d)) for d, r in zip(desks, roles, strict=True)]), sep="\n")
    agree = _judge(desks, roles, interrupted)
    if interrupted:
        return INTERRUPTED
    return 0 if agree else 1


def _options() -> argparse.Namespace:
    var = Path(os.environ.get("XUESHI_VAR") or "var")
    port = os.environ.get("PORT") or "8000"
    parser = argparse.ArgumentParser(prog="make demo", description="Invented teachers study at once over HTTP.")
    url = os.environ.get("XUESHI_URL") or f"http://127.0.0.1:{port}"
    parser.add_argument("--url", default=url, help="where Xueshi runs (XUESHI_URL; else PORT on this machine)")
    parser.add_argument("--accounts", type=Path, default=var / "demo" / "accounts.json", help="written by make run")
    parser.add_argument("--teachers", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=90)
    options = parser.parse_args()
    if options.teachers < 1 or not 10 <= options.seconds <= 3600:
        parser.error("at least one teacher, and 10 to 3600 seconds")
    return options


def _look(server: Server) -> None:
    try:
        server.call("GET", "/readyz", patience=0)
    except Unreachable as away:
        raise Refusal(f"Xueshi does not answer at {server.url} ({away}); start it with `make run`") from None
    except Problem as problem:
        raise Refusal(f"what answers at {server.url} is not Xueshi ({problem}); name another: XUESHI_URL") from None


def _sign_in(
    server: Server,
    people: list[accounts.Account],
    options: argparse.Namespace,
    stop: threading.Event,
    show: progress.Progress,
) -> list[Desk]:
    passwords = accounts.Passwords(options.accounts.with_name("passwords.json"))
    desks: list[Desk] = []
    strangers: list[str] = []
    changed = 0
    # A few at a time: a sign-in costs the server a password hash.
    with ThreadPoolExecutor(4) as pool:
        signing = [(person, pool.submit(accounts.sign_in, server, person, passwords)) for person in people]
        for person, signed_in in signing:
            try:
                token, first = signed_in.result()
            except accounts.UnknownPassword:
                strangers.append(person.name)
                continue
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            changed += first
            enrolment, lessons = accounts.lessons(server, token)
            turn, chance = len(desks), random.Random(person.name)  # noqa: S311  # how long somebody hesitates
            desks.append(Desk(server, person.name, token, enrolment, lessons, turn, options.seconds, stop, chance))
            show.show(f"登录 {len(desks)}/{len(people)}")
    if len(strangers) == len(people):
        raise Refusal(
            f"no teacher of {options.accounts} can sign in at {server.url}: it runs on other data or under other secrets"
        )
    if strangers:
        raise Refusal(
            f"{'、'.join(strangers)}: the password is neither the first one nor in {passwords.path}; it was changed elsewhere"
        )
    show.done(f"登录 {len(desks)} 人" + (f"，其中 {changed} 人改了初始密码、核对了个人信息" if changed else ""))
    return desks


def _study(
    desks: list[Desk], roles: list[Character], seconds: float, stop: threading.Event, show: progress.Progress
) -> bool:
    """Everybody at once. Returns whether Ctrl-C ended it early."""

    def visit(desk: Desk, play: Callable[[Desk], None]) -> None:
        desk.begin()
        try:
            play(desk)
            desk.leave()
        except (Problem, Unreachable) as broken:
            raise Refusal(f"{desk.name} could not go on studying: {broken}") from None

    started = time.monotonic()
    with ThreadPoolExecutor(len(desks)) as pool:
        visits: set[Future[None]] = {
            pool.submit(visit, desk, role.play) for desk, role in zip(desks, roles, strict=True)
        }
        left = visits
        while left and not any(future.done() and future.exception() for future in visits):
            try:
                _, left = wait(left, timeout=0.5, return_when=FIRST_EXCEPTION)
            except KeyboardInterrupt:
                if stop.is_set():
                    raise
                stop.set()
                show.done("提前结束，正在收尾 …")
                continue
            show.show(progress.of_class(desks, started, seconds))
        interrupted = stop.is_set()
        if left:
            stop.set()
    show.done(progress.of_class(desks, started, seconds))
    for future in visits:
        future.result()
    done = [desk.name for desk in desks if desk.seen_all]
    if done:
        print(
            f"{'、'.join(done[:3])}{'等' * (len(done) > 3)} {len(done)} 人没看过的课不够这么久，再看的部分会记为“重复”。"
        )
    return interrupted


def _judge(desks: list[Desk], roles: list[Character], interrupted: bool) -> bool:
    with ThreadPoolExecutor(4) as pool:
        found = [line for lines in pool.map(verdict.differences, desks, roles) for line in lines]
    print()
    for check in verdict.CHECKS[:-1] if interrupted else verdict.CHECKS:  # who was cut short did not do the half of it
        lines = [line for of, line in found if of == check]
        print(f"[{'不符' if lines else '一致'}] {check}")
        for line in lines:
            print(f"       {line}")
    sessions = sum(len(desk.players) for desk in desks)
    credited = sum(verdict.got(desk).credited for desk in desks)
    print(f"{len(desks)} 人、{sessions} 次学习，计入 {credited:,} 秒 = {credited / 2700:.2f} 学时（45 分钟一学时）")
    return not found


if __name__ == "__main__":
    sys.exit(main())
