import { Link } from 'wouter';
import create from '../../../docs/tokens/create.md?raw';
import safety from '../../../docs/tokens/safety.md?raw';
import stops from '../../../docs/tokens/stops.md?raw';
import use from '../../../docs/tokens/use.md?raw';
import { Page } from '../components/page.tsx';
import { FeedbackQuestion } from '../feedback.tsx';
import { NotFoundPage } from '../not-found-page.tsx';
import '../workspaces/workspace-routes.css';
import './help-page.css';
import { Markdown, titleOf } from './markdown.tsx';

/** The pages of `docs/tokens` by their names, in reading order. */
const PAGES: Readonly<Record<string, string>> = { create, use, stops, safety };

/** A page of the documentation for people who make tokens. */
export default function HelpPage({ name }: { name: string }) {
  const text = PAGES[name];
  if (!text) return <NotFoundPage />;
  return (
    <Page title={titleOf(text)} narrow>
      <nav className="tabs" aria-label="Help">
        {Object.entries(PAGES).map(([each, page]) => (
          <Link key={each} href={`/help/${each}`} aria-current={each === name ? 'page' : undefined}>
            {titleOf(page)}
          </Link>
        ))}
      </nav>
      <div className="help">
        <Markdown text={text.replaceAll('http://127.0.0.1:4000', window.location.origin)} />
        <FeedbackQuestion />
      </div>
    </Page>
  );
}
