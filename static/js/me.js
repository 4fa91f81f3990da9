// Who is here, and the token for posting. Asked once per page, and again when a token is stale.

let asked;

/** {name, csrf_token}; name is null for somebody who has not signed in. */
export function me({ again = false } = {}) {
  if (!asked || again) {
    asked = fetch(document.getElementById("account").dataset.me).then((response) => {
      if (!response.ok) {
        throw new Error(`me.json: ${response.status}`);
      }
      return response.json();
    });
    asked.catch(() => {
      asked = undefined;
    });
  }
  return asked;
}
