"""How they study. Each function plays one teacher's whole visit; parts are shares of the demo's length."""

from demo.desk import Desk
from demo.server import PATIENCE_S

#: How long a tunnel is, and how often the player cuts a beat in it, seconds.
TUNNEL_S, CUT_EVERY_S = 20, 5


def careful(desk: Desk) -> None:
    desk.watch(desk.seconds, desk.study())


def pausing(desk: Desk) -> None:
    """Twice somebody knocks at the door: the video pauses, and no beat comes meanwhile."""
    player = desk.study()
    for _ in range(2):
        desk.watch(desk.part(0.3), player)
        player.video.set(playing=False)
        player.beat()
        desk.answer(player)
        desk.rest(desk.part(0.12))
        player.video.set(playing=True)
    desk.watch(desk.left, player)


def two_lessons(desk: Desk) -> None:
    first = desk.study(room=0.6)
    desk.watch(desk.part(0.5), first)
    first.end()
    desk.watch(desk.left, desk.study(room=0.6))


def walks_away(desk: Desk) -> None:
    """The video runs on before an empty chair."""
    desk.watch(desk.seconds, desk.study(), answers=False)


def two_phones(desk: Desk) -> None:
    """A tablet takes over; the phone on the table goes on playing and beating."""
    phone = desk.study()
    desk.watch(desk.part(0.35), phone)
    tablet = desk.open(phone.lesson_id, "平板")
    desk.watch(desk.left, tablet, phone)


def phones_in_turn(desk: Desk) -> None:
    """Both play all the time, and now the one takes over, now the other."""
    current = desk.study()
    other = None
    for device in ("平板", "手机", "平板"):
        desk.watch(desk.part(0.25), *filter(None, (current, other)))
        other, current = current, desk.open(current.lesson_id, device)
    desk.watch(desk.left, current, *filter(None, [other]))


def on_a_train(desk: Desk) -> None:
    """Two tunnels: the video was loaded ahead and plays on; its beats queue and come all at once."""
    player = desk.study()
    for _ in range(2):
        desk.watch(desk.part(0.2), player)
        for _ in range(min(TUNNEL_S, round(desk.part(0.25))) // CUT_EVERY_S):
            desk.rest(CUT_EVERY_S)
            player.cut()
        player.deliver()
        desk.answer(player)
    desk.watch(desk.left, player)


def losing_replies(desk: Desk) -> None:
    """Every other beat arrives and its reply does not; the player sends the same beat again."""
    player = desk.study()
    desk.watch(desk.part(0.2), player)
    for _ in range(TUNNEL_S // CUT_EVERY_S if desk.seconds > 2 * TUNNEL_S else 1):
        desk.rest(CUT_EVERY_S)
        player.cut()
    player.deliver()
    desk.answer(player)
    while desk.left > 0:
        desk.watch(player.last["next_ms"] / 1000, player)
        desk.rest(player.last["next_ms"] / 1000)
        player.send(player.cut(), PATIENCE_S)  # the reply is lost
        desk.rest(1)
        player.deliver()
        desk.answer(player)


def drags_and_returns(desk: Desk) -> None:
    player = desk.study(room=2)
    desk.watch(desk.part(0.3), player)
    reached = int(player.video.position())
    player.video.seek(min(reached + 60, player.video.duration - 10))
    desk.watch(desk.part(0.3), player)
    player.video.seek(reached)
    desk.watch(desk.left, player)


def drags_to_the_end(desk: Desk) -> None:
    player = desk.study(room=2)
    desk.watch(desk.part(0.3), player)
    player.video.seek(max(int(player.video.position()), player.video.duration - round(desk.part(0.5))))
    desk.watch(desk.left, player)


def claims_it_all(desk: Desk) -> None:
    """Waits ten seconds, and says the whole rest of the lesson was played."""
    player = desk.study(room=2)
    player.video.set(playing=False)  # a script needs no video
    desk.rest(10)
    player.cut([[player.opened["resume_at"], player.opened["duration"]]])
    player.deliver()
    desk.rest(5)


def fourfold(desk: Desk) -> None:
    player = desk.study(room=4)
    player.video.set(rate=4)
    desk.watch(desk.left, player)


def replays(desk: Desk) -> None:
    """A script keeps the beats of a while of honest watching, sends each ten times, and then the same intervals as new ones."""
    player = desk.study()
    kept = []
    while desk.left > desk.part(0.6):
        desk.rest(player.last["next_ms"] / 1000)
        kept.append(player.cut())
        player.deliver()
        desk.answer(player)
    for beat in kept:
        for _ in range(10):
            player.replay(beat)
    player.video.set(playing=False)
    while desk.left > 0:
        desk.rest(player.last["next_ms"] / 1000)
        player.cut(kept[player.seq % len(kept)].body["played"])
        player.deliver()
        desk.answer(player)


def in_the_background(desk: Desk) -> None:
    """After a while another app is in front, and the player says so."""
    player = desk.study()
    desk.watch(desk.part(0.25), player)
    desk.watch(desk.left, player, answers=False, hidden=True)
