// node scan.js HOST:PORT/PATH …: for each a line of JSON with what Mozilla's rules say of it.
import { scan } from "@mdn/mdn-http-observatory/src/scanner/index.js";

for (const page of process.argv.slice(2)) {
  const { scan: whole, tests } = await scan(page);
  const lost = Object.values(tests).filter((test) => !test.pass || test.scoreModifier < 0);
  const why = lost.map((test) => test.result);
  console.log(JSON.stringify({ page, score: whole.score, status: whole.statusCode, why }));
}
