import Link from '@docusaurus/Link';
import logo from '@site/static/img/diagram.png';

export default function Home() {
  return (
    <main>
      <h1>Welcome</h1>
      <img src={logo} alt="" />
      <Link href="/docs/intro">
        <img src="/img/diagram.png" />
      </Link>
    </main>
  );
}
