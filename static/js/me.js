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

/** Post as a form of this site would; once more with a new token if the first is stale. */
export async function post(url, fields) {
  for (const again of [false, true]) {
    const { csrf_token: token } = await me({ again });
    const response = await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
      body: new URLSearchParams(fields),
    });
    if (response.ok) {
      return response;
    }
    if (response.status !== 403 || again) {
      throw new Error(`${url}: ${response.status}`);
    }
  }
}
