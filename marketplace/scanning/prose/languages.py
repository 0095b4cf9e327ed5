"""The weightiest words in other languages than English, with what they mean."""

import re

# Languages whose words are divided by blanks: phrases by meaning.
FOREIGN: dict[str, str] = {
    "SEND": """envía|envíe|enviar|envíalo|manda|mandar|sube|subir|súbelo|transmite|sende|senden|schicke|
        schicken|übertrage|übermittle|hochladen|lade|envoie|envoyez|envoyer|téléverse|transmets|
        transmettez|envie|enviar|mande|invia|inviare|carica|trasmetti|отправь|отправьте|отправить|
        загрузи|передай|stuur|wyślij|gönder""",
    "SECRET": """contraseñas|contraseña|credenciales|claves|clave privada|claves privadas|passwörter|passwort|
        zugangsdaten|schlüssel|geheimnisse|mots de passe|mot de passe|identifiants|clés privées|
        clé privée|senhas|senha|credenciais|chaves|credenziali|chiavi|пароли|пароль|ключи|учетные данные|
        wachtwoorden|hasła|şifreler""",
    "NOTELL": """no lo menciones|no menciones|no le digas|no digas nada|sin mencionarlo|no informes|erwähne nicht|
        nicht erwähnen|sag nichts|sage nichts|nicht mitteilen|teile nicht mit|ne mentionne pas|
        ne mentionnez pas|ne dis pas|ne dites rien|não mencione|não diga|não informe|non menzionare|
        non dire|не упоминай|не сообщай|не говори|niet vermelden|nie wspominaj""",
    "STEALTH": """en silencio|sin avisar|sin informar|a escondidas|sin que el usuario|heimlich|stillschweigend|
        unbemerkt|ohne den nutzer|ohne den benutzer|en silence|discrètement|sans prévenir|sans avertir|
        à l'insu|em silêncio|sem avisar|sem informar|in silenzio|senza avvisare|di nascosto|тихо|
        незаметно|скрытно|без уведомления""",
    "OVERRIDE": """ignora|ignore|ignoriere|ignoriert|ignorez|ignorar|olvida|vergiss|oublie|oubliez|esqueça|
        dimentica|игнорируй|забудь""",
    "RULES": """instrucciones|reglas|anweisungen|regeln|consignes|règles|instruções|regras|istruzioni|regole|
        инструкции|правила|указания""",
    "PRIOR": """anteriores|previas|vorherigen|bisherigen|vorigen|précédentes|antérieures|anteriores|precedenti|
        предыдущие|прежние|todas|alle|toutes|tutte|все""",
    "USER": """usuario|usuaria|nutzer|benutzer|anwender|utilisateur|usuário|utente|пользователь|пользователю|
        gebruiker|użytkownik""",
    "TRIGGER": """después de cada|antes de cada|cada vez|nach jeder|nach jedem|vor jeder|vor jedem|jedes mal|
        après chaque|avant chaque|chaque fois|depois de cada|dopo ogni|ogni volta|каждый раз|
        после каждого""",
    "DATA": """archivos|archivo|resultado|conversación|dateien|datei|ergebnis|gespräch|fichiers|fichier|
        résultat|conversation|arquivos|resultado|file|risultato|файлы|файл|результат|copia|kopie|copie|
        cópia""",
}
# Without blanks: shapes by meaning.
DENSE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("SEND", re.compile("发送|發送|上传|上傳|传送|提交到|送信|アップロード|전송|업로드|보내")),
    (
        "SECRET",
        re.compile(
            "密码|密碼|密钥|金鑰|凭证|凭据|憑證|令牌|环境变量|環境變數|"
            "パスワード|秘密鍵|認証情報|비밀번호|자격 증명|비밀 키"
        ),
    ),
    (
        "NOTELL",
        re.compile(
            "不要告诉|不要告訴|不要提及|不要提到|无需告知|不必告知|"
            "言わないで|伝えないで|知らせずに|말하지 마|알리지 마|언급하지"
        ),
    ),
    ("STEALTH", re.compile("悄悄|静默|靜默|暗中|偷偷|不让用户知道|こっそり|密かに|몰래|조용히")),
    ("OVERRIDE", re.compile("忽略|无视|無視|忘记|覆盖|무시")),
    ("RULES", re.compile("指令|指示|规则|規則|提示词|限制|ルール|지시|규칙")),
    ("PRIOR", re.compile("之前|先前|以上|所有|原有|系统|以前の|すべての|이전|모든")),
    ("USER", re.compile("用户|用戶|使用者|ユーザー|사용자")),
    ("TRIGGER", re.compile("每次|每当|每個|之后都|毎回|たびに|매번|마다")),
    ("PACKAGE", re.compile("本技能|此技能|该技能|本插件|このスキル|이 스킬")),
    ("REVIEWER", re.compile("审核|審核|审查|扫描器|レビュー担当|검토자")),
)
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
