"""Xueshi side by side with what people would use instead: `python -m benchmarks.peers`.

Kolibri runs as its makers ship it. PlayEdu, EduSoho, roncoo-education and Tianji Xuetang (天机学堂) are written in Java and PHP and
cannot run on our server, so what their servers do for one ping is re-created here in the smallest honest form: the same statements
in the same order, and nothing of what surrounds them. So a re-creation is quicker than the real thing, never slower.

systems.py      what all systems have in common, and how one is driven
ours.py         Xueshi: the heartbeat lane, or the Flask view alone
kolibri.py      Kolibri, from PyPI
recreated.py    starts the re-creations: playedu.py, edusoho.py, roncoo.py (and roncoo_asgi.py), tianji.py
capacity.py     pings and credited seconds for a second of processor time
attacks.py      what each credits to somebody who cheats, or whose server is killed
"""
