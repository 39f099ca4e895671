"""Looks a deployment over: ``python app.py admin doctor``.

``environment`` checks the settings, ``sqlite_store`` and ``redis_store`` what is behind them,
``instances`` the servers that share a Redis, and ``outside`` the way to the server through proxies.
"""
