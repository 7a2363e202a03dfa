# A till in Perl: nobody has an account there, and the stream is kept short.
#
# usage: till.pl SOCKET <CSV: order_id,user_id,product,quantity,price
use strict;
use warnings;
use Redis;

my $redis = Redis->new(sock => $ARGV[0]);
while (my $line = <STDIN>) {
    chomp $line;
    my ($order_id, undef, $product, $quantity, $price) = split /,/, $line;
    $redis->xadd('till', 'MAXLEN', '~', 100, '*',
        order_id => $order_id, product => $product,
        quantity => $quantity, price => $price);
}
$redis->quit;
