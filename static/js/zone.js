// Tells the server in which time zone this browser shows times; the next page is rendered in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split('; ').includes(`zone=${zone}`)) {
  const secure = location.protocol === 'https:' ? ';secure' : '';
  document.cookie = `zone=${zone};path=/;max-age=31536000;samesite=lax${secure}`;
}
