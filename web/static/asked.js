// What the page asks, as its address says it; other questions are made of it.

export function asked() {
  const parameters = new URLSearchParams(location.search);
  parameters.delete("start");
  parameters.delete("fragment");
  return parameters;
}

// The same question and something more of it: `added("like", [3, 5])`.
export function added(name, values) {
  const parameters = asked();
  for (const value of values) if (!parameters.getAll(name).includes(String(value))) parameters.append(name, value);
  return `/?${parameters}`;
}

export function go(address) {
  document.body.classList.add("asking");
  location.href = address;
}

// What an address answers with as a fragment, or null where nothing came.
export async function fragment(href) {
  const address = new URL(href, location.href);
  address.searchParams.set("fragment", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) return null;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    return template.content;
  } catch {
    return null; // the server was stopped
  }
}
