// aimock with rows and verdicts of its own, which a file of settings cannot give it.
//
//   node aimock_tasks.mjs FILE     FILE is the package's dist/index.js; writes the address first
import { pathToFileURL } from "node:url";

const { LLMock } = await import(pathToFileURL(process.argv[2]).href);
const mock = new LLMock({ host: "127.0.0.1", port: 0 });
mock.onRerank(/capital/, [
  { index: 2, relevance_score: 0.91 },
  { index: 0, relevance_score: 0.5 },
  { index: 1, relevance_score: 0.07 },
]);
mock.onModerate(/hurt/, {
  flagged: true,
  categories: { violence: true, hate: false },
  category_scores: { violence: 0.93, hate: 0.02 },
});
mock.onModerate(/.*/, {
  flagged: false,
  categories: { violence: false, hate: false },
  category_scores: { violence: 0.01, hate: 0.03 },
});
console.log(await mock.start());
