"""Which functions read, send, run and write, by dotted name."""

import re

NETWORK_MODULES = (
    "requests|httpx|aiohttp|urllib3|urllib|http.client|urllib2|axios|got|node-fetch|undici|"
    "superagent|needle|ky|http|https|ws|cloudscraper|httplib2|pycurl|curl_cffi|treq|"
    "request|phin|websocket|websockets"
)
FETCH = re.compile(
    rf"^(?:(?:{NETWORK_MODULES})(?:\.\w+)*\.(?:get|head|urlopen|urlretrieve|download|stream|request|fetch|options|default)|fetch|window\.fetch|globalThis\.fetch|axios|got|ky|needle|request|node-fetch|undici\.fetch|undici\.request|"
    r"urllib\.request\.(?:urlopen|urlretrieve)|wget\.download|http\.get|https\.get|"
    r".*\.DownloadString|feedparser\.parse|pandas\.read_(?:csv|json|html)|importScripts|"
    r"boto3\..*)$"
)
SEND = re.compile(
    rf"^(?:(?:{NETWORK_MODULES})(?:\.\w+)*\.(?:post|put|patch|delete|send|sendBeacon|create_connection|WebSocket|HTTPConnection|HTTPSConnection)|navigator\.sendBeacon|axios\.(?:post|put|patch)|got\.(?:post|put)|"
    r"socket\.(?:create_connection|getaddrinfo|gethostbyname)|dns\.(?:\w+\.)*(?:resolve\w*|"
    r"lookup\w*|query)|smtplib\.\w+|ftplib\.\w+|paramiko\.\w+|telegram\.\w+|discord\.\w+|"
    r"dns\.promises\.\w+|nodemailer\.\w+|net\.(?:connect|createConnection)|tls\.connect|"
    r"dgram\.\w+|new WebSocket|WebSocket|XMLHttpRequest)$"
)
# Methods that send whatever object they belong to, if that came from one of these.
SEND_METHODS = frozenset(
    (
        "send",
        "sendall",
        "sendto",
        "sendmail",
        "send_message",
        "post",
        "put",
        "patch",
        "request",
        "storbinary",
        "write",
        "emit",
        "upload_file",
        "upload_fileobj",
        "put_object",
        "sendMail",
        "end",
        "connect",
        "endheaders",
        "connect_ex",
        "putrequest",
        "create_record",
        "publish",
        "send_json",
        "send_bytes",
    )
)
GET_METHODS = frozenset(
    ("get", "head", "recv", "read", "fetch", "getresponse", "urlopen", "download", "stream", "text", "json")
)
EXEC = re.compile(
    r"^(?:exec|eval|builtins\.(?:exec|eval|compile)|__builtins__\.(?:exec|eval)|compile|Function|"
    r"vm\.(?:run\w+|Script|compileFunction)|execScript|globalThis\.eval|window\.eval|runpy\.\w+|"
    r"code\.interact|importlib\.(?:import_module|util\.\w+)|__import__|"
    r"types\.(?:FunctionType|CodeType)|marshal\.loads?|pickle\.loads?|cloudpickle\.loads?|"
    r"dill\.loads?|shelve\.open|yaml\.(?:load|unsafe_load)|ctypes\.\w+(?:\.\w+)*|module\._compile|"
    r"require\.extensions|AsyncFunction|GeneratorFunction|new Function|WebAssembly\.\w+|"
    r"process\.binding|process\.dlopen)$"
)
SPAWN = re.compile(
    r"^(?:os\.(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*|startfile)|subprocess\.\w+|"
    r"commands\.getoutput|pty\.spawn|asyncio\.create_subprocess_\w+|child_process\.\w+|"
    r"execa(?:\.\w+)?|shelljs\.exec|shell\.exec|execSync|spawnSync|cross-spawn|zx\.\$|"
    r"Deno\.(?:run|Command)|Bun\.(?:spawn\w*|\$)|sh\.\w+|plumbum\.\w+|invoke\.run|fabric\.\w+)$"
)
DECODE = re.compile(
    r"^(?:base64\.\w*decode\w*|binascii\.(?:unhexlify|a2b_\w+)|codecs\.decode|bytes\.fromhex|"
    r"bytearray\.fromhex|zlib\.decompress|gzip\.decompress|bz2\.decompress|lzma\.decompress|atob|"
    r"window\.atob|unescape|decodeURIComponent|Buffer\.from|buffer\.Buffer\.from|"
    r"zlib\.\w*(?:unzip|inflate|brotliDecompress)\w*|"
    r"String\.fromCharCode|String\.fromCodePoint|(?:\w+\.)*Fernet|cryptography\.\w+(?:\.\w+)*|"
    r"Crypto\.\w+(?:\.\w+)*|crypto\.createDecipher\w*|CryptoJS\.\w+(?:\.\w+)*)$"
)
FILE_READ = re.compile(
    r"^(?:open|io\.open|codecs\.open|gzip\.open|os\.open|fs(?:\.promises)?\.(?:readFile\w*|"
    r"createReadStream|readdir\w*|open\w*)|fs/promises\.\w+|fsPromises\.\w+|Deno\.readTextFile\w*|"
    r"Bun\.file|sqlite3\.connect|tarfile\.open|zipfile\.ZipFile|shutil\.make_archive|"
    r"linecache\.getlines?|fileinput\.input|fs-extra\.read\w+|readFileSync|readFile)$"
)
LISTING = re.compile(
    r"^(?:glob\.i?glob|os\.(?:walk|listdir|scandir)|fs\.readdir\w*|glob|globby|fast-glob|readdirp|"
    r"pathlib\.Path\.r?glob)$"
)
FILE_WRITE = re.compile(
    r"^(?:fs(?:\.promises)?\.(?:writeFile\w*|appendFile\w*|createWriteStream|copyFile\w*|"
    r"rename\w*|symlink\w*|chmod\w*|cpSync)|shutil\.(?:copy\w*|move)|os\.(?:rename|replace|"
    r"symlink|link|chmod)|fs/promises\.(?:writeFile|appendFile)|Deno\.writeTextFile|Bun\.write|"
    r"fs-extra\.(?:output|write|copy)\w*|writeFileSync|appendFileSync|"
    r"urllib\.request\.urlretrieve)$"
)
DELETES = re.compile(
    r"^(?:shutil\.rmtree|fs(?:\.promises)?\.(?:rm|rmSync|rmdir|rmdirSync|unlink\w*)|"
    r"rimraf(?:\.sync)?|os\.(?:remove|unlink|removedirs|rmdir)|fs-extra\.(?:remove\w*|"
    r"emptyDir\w*)|del|send2trash\.\w+)$"
)
SYSTEM = re.compile(
    r"^(?:socket\.(?:gethostname|getfqdn)|platform\.\w+|getpass\.getuser|os\.(?:getlogin|uname|"
    r"hostname|userInfo|networkInterfaces|platform|release|getcwd)|uuid\.getnode|os\.userInfo|"
    r"process\.cwd|psutil\.\w+)$"
)
SECRET_CALLS = re.compile(
    r"^(?:keyring\.get_\w+|browser_cookie3\.\w+|pyperclip\.paste|win32crypt\.\w+|keytar\.\w+|"
    r"clipboardy?\.\w+|ImageGrab\.grab|pyautogui\.screenshot|mss\.\w+|pynput\.\w+(?:\.\w+)*|"
    r"keyboard\.(?:on_press|read_key|hook|record)|getpass\.getpass|secretstorage\.\w+|"
    r"boto3\.Session\(\)\.get_credentials|navigator\.clipboard\.readText|document\.cookie)$"
)
ENVIRONMENT = frozenset(("os.environ", "process.env", "os.environb", "Deno.env", "import.meta.env", "Bun.env"))
ENVIRONMENT_GET = frozenset(
    ("os.getenv", "os.environ.get", "environ.get", "Deno.env.get", "os.environ.pop", "os.environ.setdefault")
)
INPUT = re.compile(r"^(?:sys\.stdin(?:\.\w+)*|input|process\.stdin(?:\.\w+)*|fileinput\.input|json\.load)$")
SHELLS = re.compile(r"^(?:/bin/|/usr/bin/)?(?:sh|bash|zsh|cmd(?:\.exe)?|powershell(?:\.exe)?)$")
# What a call of these gives carries nothing of what went in.
NEUTRAL = re.compile(
    r"^(?:len|isinstance|print|range|hasattr|type|bool|int|float|sorted_keys|logging\.\w+|"
    r"log\.\w+|logger\.\w+|console\.\w+|os\.path\.(?:exists|isfile|isdir|getsize|getmtime)|"
    r"hashlib\.\w+|fs\.existsSync|Math\.\w+|time\.\w+|datetime\.\w+|any|all|sum|min|max|id|hash|"
    r"crypto\.createHash|os\.makedirs|fs\.mkdirSync|sys\.exit|process\.exit)$"
)
SENDS = frozenset(
    """post put patch send sendall sendto sendmail send_message urlopen end write upload_file put_object
    storbinary sendMail emit resolve lookup gethostbyname sendBeacon publish""".split()
)
# Calls whose options hold headers besides what is sent.
WITH_OPTIONS = frozenset("fetch window.fetch axios got node-fetch undici.fetch globalThis.fetch".split())
CLIENTS = re.compile(
    r"^(?:requests|httpx|aiohttp|urllib3|socket|smtplib|ftplib|paramiko|urllib|http|websocket|boto3|nodemailer|net|"
    r"telegram)\b.*(?:Session|Client|PoolManager|socket|SMTP|SMTP_SSL|FTP|WebSocketApp|Request|createTransport|resource|"
    r"client|HTTPSConnection|HTTPConnection|create_connection)$"
)
PATHS = frozenset(
    """Path pathlib.Path os.path.expanduser os.path.join path.join path.resolve os.path.abspath os.fspath
    str path.normalize Path.home pathlib.Path.home os.homedir homedir PurePath""".split()
)
