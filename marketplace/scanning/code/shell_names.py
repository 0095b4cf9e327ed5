"""Commands by what they are for, and shapes that reach over several of them."""

import re

INTERPRETERS = frozenset(
    (
        "sh",
        "bash",
        "zsh",
        "dash",
        "ksh",
        "fish",
        "python",
        "python3",
        "node",
        "perl",
        "ruby",
        "php",
        "pwsh",
        "powershell",
        "osascript",
        "deno",
        "bun",
        "lua",
        "tclsh",
        "python2",
        "eval",
        "source",
        ".",
        "iex",
        "cmd",
    )
)
READERS = frozenset(
    "cat head tail less more tac nl grep egrep rg awk sed cut sort uniq strings jq yq base64 xxd "
    "od hexdump gzip zip tar bzip2 xz openssl gpg find ls cp mv dd tee paste rev tr fold split "
    "7z zstd install rsync column envsubst urlencode printf echo ln sqlite3 plutil".split()
)
ENVIRONMENT = frozenset(("env", "printenv", "set", "export", "declare", "compgen"))
PASSING = frozenset(("curl", "wget"))
SYSTEM = frozenset(
    "hostname whoami id uname ifconfig ip arp netstat ss sw_vers system_profiler lsb_release w "
    "last groups pwd ipconfig systeminfo".split()
)
SECRET_COMMANDS = re.compile(
    r"^(?:security (?:find-|dump-)|gh auth token|aws configure (?:get|export)|aws sts|gcloud auth "
    r"(?:print|application)|az account get-access|"
    r"git credential|op (?:read|item)|pass show|history\b|fc -l|pbpaste|xclip -o|wl-paste|xsel|"
    r"secret-tool|kwallet|cmdkey|kubectl (?:get|describe) secrets?|"
    r"kubectl config view|vault (?:kv|read)|docker-credential|heroku auth:token|npm token|keyring "
    r"get|gpg --export-secret|bw (?:get|list)|lpass)"
)
PRIVATE_COMMANDS = re.compile(
    r"^(?:git (?:log|diff|config|remote|ls-files|show|archive|bundle)|crontab -l|ps\b|mysqldump|"
    r"pg_dump|mongodump|sqlite3)"
)
URL = re.compile(r"(?:https?|ftp|wss?|hxxps?)://[^\s'\"<>|;)]+", re.IGNORECASE)
BARE = re.compile(r"^(?:[\w-]+\.)+[a-z]{2,}(?:[:/]\S*)?$|^(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\S*)?$", re.IGNORECASE)
UPLOAD_FLAGS = frozenset(
    (
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-urlencode",
        "--data-ascii",
        "-F",
        "--form",
        "--form-string",
        "-T",
        "--upload-file",
        "--json",
        "--post-data",
        "--post-file",
        "--body-data",
        "--body-file",
    )
)
DEV_TCP = re.compile(r"/dev/(?:tcp|udp)/([\w.$\x01{}-]+)/(\S+)")
VARIABLES = re.compile(r"\$\{?([A-Za-z_]\w*)")
FORK_BOMB = re.compile(r":\(\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;|\.\(\)\s*\{\s*\.\|\.&")
DISK = re.compile(
    r"\bdd\b[^|;]*\bof=/dev/(?:sd|hd|nvme|vd|disk|mmcblk)|\bmkfs(?:\.\w+)?\s+(?:-\S+\s+)*/dev/|"
    r">\s*/dev/(?:sd[a-z]|nvme|disk)|\bwipefs\b|\bdiskutil eraseDisk|\bformat [a-z]:|\bshred\b[^|"
    r";]*/dev/"
)
DESTRUCTION = re.compile(
    r"vssadmin(?:\.exe)? delete shadows|wbadmin delete|bcdedit /set|git push\b[^;|"
    r"\n]*(?:--force(?!-with-lease)\b|\s-f\b|--mirror)[^;|&\n]*|git filter-branch|git update-ref "
    r"-d|git reflog expire|"
    r"aws s3 (?:rb|rm)\b[^;|]*(?:--force|--recursive)|kubectl delete (?:ns|namespace|all|pvc|"
    r"--all)|terraform destroy\b[^;|]*-auto-approve|dropdb\b|DROP (?:DATABASE|SCHEMA)|"
    r"docker system prune -a[^;|]*-f|gcloud projects delete|az group delete|redis-cli flushall|"
    r"FLUSHALL|history -c|unset HISTFILE|HISTFILE=/dev/null|HISTSIZE=0|journalctl --vacuum|"
    r"find (?:/|~|\$HOME|\.)\S*[^;|\n]*(?:-delete|-exec (?:sudo )?rm|-exec shred)|tmutil "
    r"deletelocalsnapshots|chmod -R 777 /|chown -R \S+ /(?:\s|$)",
    re.IGNORECASE,
)
GUARDS = re.compile(
    r"xattr -\w*[cd]\w*\s[^;|]*quarantine|xattr -c\w* |spctl --(?:master|global)-disable|csrutil "
    r"disable|setenforce 0|ufw disable|iptables -F|Set-MpPreference|Add-MpPreference|"
    r"systemctl (?:stop|disable) (?:auditd|firewalld|apparmor|falcon|crowdstrike|osquery|wazuh|"
    r"clamav|sysmon)|NOPASSWD|chmod [ug+]*s |chmod 4[0-7]{3}|defaults write "
    r"com\.apple\.LaunchServices LSQuarantine|"
    r"netsh advfirewall set \w+ state off|auditctl -e 0|launchctl (?:unload|bootout)[^;|"
    r"]*(?:santa|jamf|crowdstrike|falcon)|git config --global http\.sslVerify false|kill(?:all)? "
    r"[^;|]*(?:falcon|crowdstrike|santad|osquery)"
)
MINER = re.compile(
    r"\b(?:xmrig|minerd|cpuminer|stratum\+(?:tcp|ssl)|nicehash|cryptonight|ethminer|xmr-stak|"
    r"pool\.minexmr|randomx|--donate-level)\b",
    re.IGNORECASE,
)
SHELL_JOINED = re.compile(
    r"\b(?:nc|ncat|netcat)\b[^|;]*\s-[a-z]*[ec]\s+\S*(?:sh|bash|cmd|powershell)|socat\b[^|"
    r";]*exec:|mkfifo\b.*\b(?:nc|ncat|openssl)\b|bash -i[^|;]*/dev/tcp|sh -i[^|;]*/dev/(?:tcp|"
    r"udp)|"
    r"exec \d+<>/dev/tcp|0<&\d+|rm [^;]+;\s*mkfifo",
    re.DOTALL | re.IGNORECASE,
)
LOOP = re.compile(r"\bwhile\s+(?:true|:|\[ 1 \]|sleep)|\bfor\s*\(\(;;\)\)|\buntil\s+false|\bwatch -n")
INSTALLS = re.compile(r"^(?:pip3?|uv|pipx|npm|pnpm|yarn|bun|gem|cargo|go|poetry|conda|easy_install|npx|uvx|bunx)$")
WEB = frozenset("curl wget http https httpie xh aria2c fetch invoke-webrequest invoke-restmethod iwr irm axel".split())
WIRE = frozenset(
    """nc ncat netcat telnet socat scp rsync sftp ftp ssh dig nslookup host ping mail mailx sendmail mutt
    rclone ssh-copy-id websocat""".split()
)
PASSPHRASE = re.compile(r"^-[pP]\S*|^--passphrase")
# Words before the command proper.
BEFORE = frozenset(
    """then do else if while until ! { time elif sudo nohup command exec builtin env doas ( RUN $ # > CMD
    setsid timeout nice stdbuf run: - @""".split()
)
TAKES_OPTIONS = frozenset(("sudo", "env", "timeout", "nice"))
