# seed.pl TICKETS: so many tickets more in the queue General, and a token of root's; prints the token and the first one's id.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use MIME::Entity;
use RT;

RT::LoadConfig();
RT::Init();
my $first;
for my $n (1 .. $ARGV[0]) {
    my $text = MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Data => ['Noise']);
    my ($id, undef, $said) = RT::Ticket->new(RT->SystemUser)->Create(
        Queue => 'General', Subject => "Ticket $n", Requestor => 'c@x.test', MIMEObj => $text,
    );
    $id or die "ticket $n: $said\n";
    $first //= $id;
}
my $root = RT::User->new(RT->SystemUser);
$root->Load('root');
my ($done, $said, $token) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $root->id, Description => 'bench');
$done or die "token: $said\n";
print "$token $first\n";
